import Crypto
import Ledger
import Records
import Storage

/// The entries that a database lacks, all verified, and the state of the log before the first of them.
struct MissingTail {
    let ring: KeyRing
    /// How many entries the database holds, and how many were promised.
    let start: UInt64
    let end: UInt64
    let root: Digest
    /// The files that the missing entries name, and the subjects whose secrets they need.
    private(set) var files: [String: (digest: Digest, isModel: Bool)] = [:]
    private(set) var subjects: Set<String> = []

    private let before: LogReplay
    private let head: Head
    /// What the source says is published there; what lies there may have been cut at that size.
    private let width: UInt64?
    /// The digest of each bundle's part as it was verified: the source may change while it is read again.
    private var digests: [Digest] = []

    /// Verifies what the database holds and what it lacks against the lock.
    ///
    /// - Throws: a `ServiceError` that says what to do.
    static func verified(
        of log: any EventStore, _ ring: KeyRing, _ promise: LockedPromise, from source: any TileSource,
        progress: (UInt64, UInt64) -> Void
    ) async throws -> MissingTail {
        let published = try await Self.published(source, ring)
        let end = max(promise.checkpoint.size, published?.checkpoint.size ?? 0)
        let head = try await log.read { reader throws(StorageError) in try reader.head() ?? .empty }
        guard head.size < end else { throw try await notBehind(head, promise, log) }
        if let size = published?.checkpoint.size, size < end { throw short(source, size, end) }
        var replay = LogReplay(root: ring.root, origin: ring.origin)
        try await replay.read(log, upTo: head) { progress($0, end) }
        // More than the lock knows was published when the lock is an older one, too.
        let last = published.flatMap { $0.checkpoint.size > promise.checkpoint.size ? $0 : nil } ?? promise.signed
        var tail = MissingTail(
            ring: ring, last: last.checkpoint, before: replay, head: head, width: published?.checkpoint.size)
        try await tail.verify([promise.signed, last], from: source, replay, progress)
        return tail
    }

    private init(ring: KeyRing, last: Checkpoint, before: LogReplay, head: Head, width: UInt64?) {
        (self.ring, end, root, self.before, self.head) = (ring, last.size, last.root, before, head)
        (start, self.width) = (head.size, width)
    }

    /// The checkpoint that lies with the entries, of this log; only a guide, until the entries are known.
    private static func published(_ source: any TileSource, _ ring: KeyRing) async throws -> LockedPromise.Signed? {
        guard let note = try await source.checkpoint() else { return nil }
        guard let checkpoint = try? Checkpoint(note: note) else {
            throw damaged(source, "its checkpoint is no signed note")
        }
        guard checkpoint.origin == ring.origin else {
            throw ServiceError(
                .conflict, "recovery-source-foreign",
                "\(source.name) holds the log \(checkpoint.origin), not \(ring.origin): name the right place with --from."
            )
        }
        return .init(note: note, checkpoint: checkpoint)
    }

    private static func notBehind(
        _ head: Head, _ promise: LockedPromise, _ log: any EventStore
    ) async throws -> ServiceError {
        let root = try await log.read { reader throws(StorageError) in
            try? TileFrontier(size: promise.checkpoint.size, reading: reader).root
        }
        guard root == promise.checkpoint.root else {
            return ServiceError(AppendError.forked(size: promise.checkpoint.size))
        }
        return ServiceError(
            .conflict, "not-behind",
            "The database holds all \(promise.checkpoint.size) entries that were acknowledged: there is nothing to recover."
        )
    }

    private static func short(_ source: any TileSource, _ size: UInt64, _ end: UInt64) -> ServiceError {
        ServiceError(
            .conflict, "recovery-source-short",
            "\(source.name) reaches entry \(size), but \(end) were acknowledged: the last \(end - size) are not there. Name a later backup or other tiles with --from. If they are nowhere, `cxrledger log new-origin` begins a log that says so."
        )
    }

    private static func damaged(_ source: any TileSource, _ what: String) -> ServiceError {
        ServiceError(
            .unprocessable, "recovery-source-damaged",
            "\(source.name) cannot be used: \(what). Nothing was written. Name another place with --from.")
    }

    /// Verifies the missing entries, and each promise where they reach its size.
    private mutating func verify(
        _ promises: [LockedPromise.Signed], from source: any TileSource, _ replay: LogReplay,
        _ progress: (UInt64, UInt64) -> Void
    ) async throws {
        var replay = replay
        try check(promises, against: replay)
        for tile in tiles {
            let entries = try await entries(of: tile, from: source)
            digests.append(Self.digest(entries))
            var rest = entries[...]
            while !rest.isEmpty {
                // A promise within the bundle is checked where the tree has its size.
                let next = promises.map(\.checkpoint.size).filter { $0 > replay.head.size }.min() ?? end
                let part = rest.prefix(Int(min(next - replay.head.size, UInt64(rest.count))))
                rest = rest.dropFirst(part.count)
                do throws(ServiceError) {
                    for row in try replay.write(Array(part)).entries { try take(row) }
                } catch { throw Self.damaged(source, error.detail) }
                try check(promises, against: replay)
            }
            progress(replay.head.size, end)
        }
    }

    private mutating func take(_ row: StoredEntry) throws(ServiceError) {
        if row.index == 0, let pinned = ring.genesis, pinned != Entry.hash(row.bytes) {
            throw ServiceError(.unprocessable, "", "its first entry is not the one that this home's log began with")
        }
        guard let event = try? LoggedEvent(row.bytes, at: row.index) else {
            throw ServiceError(.unprocessable, "", "entry \(row.index) holds an event without its fields")
        }
        if case .known(.predictionRecorded(let prediction)) = event.fact { subjects.insert(prediction.subject) }
        if let file = event.file, let path = event.backupPath { files[path] = file }
    }

    /// A promise that was come to must be signed by the log, and be of the tree that was made.
    private func check(_ promises: [LockedPromise.Signed], against replay: LogReplay) throws(ServiceError) {
        for promise in promises where promise.checkpoint.size == replay.head.size {
            guard let key = replay.checkpointKey, (try? Checkpoint(note: promise.note, signedBy: [key])) != nil else {
                throw ServiceError(AppendError.lockForeign)
            }
            guard promise.checkpoint.root == replay.head.root else {
                throw ServiceError(AppendError.forked(size: promise.checkpoint.size))
            }
        }
    }

    /// The bundles from the one that holds the first missing entry on, as wide as they are needed.
    ///
    /// Made one by one: a source may claim any size.
    private var tiles: some Sequence<TileCoordinate> {
        let end = end
        return (start >> 8...(end - 1) >> 8).lazy.map { index in
            TileCoordinate(level: 0, index: index, width: Int(min(256, end - index << 8)))
        }
    }

    /// The missing entries of one bundle.
    private func entries(of tile: TileCoordinate, from source: any TileSource) async throws -> [[UInt8]] {
        let published = TileCoordinate(
            level: 0, index: tile.index, width: Int(min(256, (width ?? end) - tile.index << 8)))
        let found: [[UInt8]]?
        do {
            if let wide = try await source.entries(published) {
                found = wide
            } else {
                found = try await source.entries(tile)
            }
        } catch {
            guard error.code == .corrupt || error.code == .incompatible else { throw error }
            throw Self.damaged(source, "\(tile.entriesPath) holds no entries")
        }
        guard let found else {
            guard width == nil else { throw Self.damaged(source, "\(tile.entriesPath) is missing") }
            throw ServiceError(
                .notFound, "recovery-source-missing",
                "There is neither a checkpoint nor \(tile.entriesPath) at \(source.name): name published tiles or a backup with --from."
            )
        }
        let first = tile.index << 8
        return Array(found.prefix(tile.width).dropFirst(Int(max(start, first) - first)))
    }

    private static func digest(_ entries: [[UInt8]]) -> Digest { SHA256.hash(EntryBundle.encode(entries)) }

    /// Commits the missing entries in the order of the log.
    func write(
        to log: any EventStore, from source: any TileSource, _ progress: (UInt64, UInt64) -> Void
    ) async throws {
        var (replay, head) = (before, head)
        for (tile, digest) in zip(tiles, digests) {
            let entries = try await entries(of: tile, from: source)
            guard Self.digest(entries) == digest else {
                throw Self.damaged(source, "\(tile.entriesPath) changed while it was read")
            }
            let write = try replay.write(entries)
            let expected = head
            try await log.commit { reader throws(StorageError) in
                guard try reader.head() ?? .empty == expected else {
                    throw StorageError(.unavailable, detail: "another process recovers this log")
                }
                return (write, ())
            }
            head = write.head
            progress(head.size, end)
        }
    }
}
