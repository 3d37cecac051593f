import Crypto
import Ledger
import Records
import Storage

extension Application {
    /// The key that verifies this log's checkpoints, as C2SP spells it.
    public func verifierKey(_ context: RequestContext) async throws(ServiceError) -> String {
        try await require(.logRead, for: "verifier-key", context)
        let control = control
        do {
            let (keys, size) = try await log.read { reader throws(StorageError) in
                (try control.keys(reading: reader), try reader.head()?.size ?? 0)
            }
            guard let key = keys.verifierKey(of: origin, size: size) else {
                throw StorageError(.missing, detail: "no key")
            }
            return key.description
        } catch { throw ServiceError(wrapping: error) }
    }

    /// Proves that an entry is in the tree of some size, by default that of the released checkpoint.
    ///
    /// The key is the entry's index, event id or hash in hex.
    ///
    /// - Throws: `proof-range` when the tree of that size does not hold it.
    public func inclusion(
        of key: String, size: UInt64?, _ context: RequestContext
    ) async throws(ServiceError) -> InclusionView {
        try await require(.logRead, for: "inclusion", context)
        let tiles = proven.tiles
        return try await proving { released, reader throws(StorageError) in
            let size = size ?? released.checkpoint.size
            guard let root = try Self.root(at: size, before: released.checkpoint, reader) else { return nil }
            guard let index = try Self.index(of: key, size: size, reader) else {
                throw StorageError(.missing, detail: "entry \(key)")
            }
            guard index < size else { return nil }
            do {
                let (leaf, proof) = try tiles.prove(index, size: size, root: root, reading: reader)
                let isReleased = size == released.checkpoint.size
                return InclusionView(
                    index: index, size: size, leafHash: leaf.hex, root: root.hex,
                    hashes: proof.hashes.map { Base64.encode($0.bytes) },
                    checkpoint: isReleased ? released.note : nil,
                    proof: isReleased
                        ? TLogProof(index: index, hashes: proof.hashes, checkpoint: released.note).text : nil)
            } catch { throw StorageError(checking: "tree", error) }
        }
    }

    /// Proves that the tree of one size is the beginning of that of another, by default of the released checkpoint.
    ///
    /// - Throws: `proof-range` when the sizes are not in order or not released.
    public func consistency(
        from: UInt64, to: UInt64?, _ context: RequestContext
    ) async throws(ServiceError) -> ConsistencyView {
        try await require(.logRead, for: "consistency", context)
        return try await proving { released, reader throws(StorageError) in
            let to = to ?? released.checkpoint.size
            guard from <= to, let old = try Self.root(at: from, before: released.checkpoint, reader),
                let new = try Self.root(at: to, before: released.checkpoint, reader)
            else { return nil }
            do {
                let proof = try ConsistencyProof(old: from, new: to, reading: reader)
                return ConsistencyView(
                    from: from, to: to, fromRoot: old.hex, toRoot: new.hex,
                    hashes: proof.hashes.map { Base64.encode($0.bytes) },
                    checkpoint: to == released.checkpoint.size ? released.note : nil)
            } catch { throw StorageError(checking: "tree", error) }
        }
    }

    /// Runs `body` with the released checkpoint on one snapshot; nil means that no such proof exists.
    private func proving<View: Sendable>(
        _ body: @escaping @Sendable (SignedCheckpoint, any LogReader) throws(StorageError) -> View?
    ) async throws(ServiceError) -> View {
        do {
            let (proven, note) = (proven, try lock.current())  // before the log, which goes on meanwhile
            let found = try await log.read {
                reader throws(StorageError) -> (released: SignedCheckpoint, view: View?)? in
                guard let released = try proven.checkpoint(note, reading: reader) else { return nil }
                return (released, try body(released, reader))
            }
            guard let found else { throw await unproved() }
            guard let view = found.view else {
                throw ServiceError(
                    .invalid, "proof-range",
                    "There is no such proof: the released tree has \(found.released.checkpoint.size) entries.")
            }
            return view
        } catch { throw await explained(error) }
    }

    /// The root of the first entries, proved to be the beginning of the released tree; nil when there are not so many.
    private static func root(
        at size: UInt64, before released: Checkpoint, _ reader: any LogReader
    ) throws(StorageError) -> Digest? {
        guard size < released.size else { return size == released.size ? released.root : nil }
        do {
            let root = try Merkle.root(size: size, reading: reader)
            guard
                try ConsistencyProof(old: size, new: released.size, reading: reader)
                    .verify(oldRoot: root, newRoot: released.root)
            else { throw LedgerError(.proof, "the tree of \(size) entries") }
            return root
        } catch { throw StorageError(checking: "tree", error) }
    }

    /// Where an entry stands that is named by index, event id or hash; nil when there is none.
    private static func index(of key: String, size: UInt64, _ reader: any LogReader) throws(StorageError) -> UInt64? {
        // A hash may be all digits, so it is tried before the index.
        guard let hash = Digest(hex: key) else {
            if let index = UInt64(key) { return index }
            return try reader.entry(eventID: key)?.index
        }
        // The tree's own leaves are the index of hashes: 32 bytes an entry, read tile by tile.
        for tile in 0..<(size + 255) / 256 {
            let hashes = try reader.storedTile(level: 0, index: tile) ?? []
            for offset in 0..<hashes.count / Digest.count {
                let start = offset * Digest.count
                guard hashes[start..<start + Digest.count].elementsEqual(hash.bytes) else { continue }
                return tile * 256 + UInt64(offset)
            }
        }
        return nil
    }
}
