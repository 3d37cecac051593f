public import Ledger
import Records
import Storage

extension Application {
    /// What a reader of published files is told when there is none at the path.
    public static let tileMissing = ServiceError(
        .notFound, "tile-missing", "The log has published nothing under this path; `checkpoint` tells how far it goes.")

    /// The published checkpoint with the signatures of witnesses; the released one where none is published yet.
    ///
    /// Somebody without a key is answered when the settings let everybody read.
    public func publishedCheckpoint(_ context: RequestContext?) async throws(ServiceError) -> String {
        try await admit(context, to: "published-checkpoint")
        if let published = await publication.look() { return published.note }
        do {
            guard let released = try await proven.checkpoint() else { throw Self.proofUnavailable }
            return released.note
        } catch { throw ServiceError(wrapping: error) }
    }

    /// The bytes of a hash tile of the released tree, proved; cut to any width that the tree has had.
    ///
    /// Somebody without a key is answered when the settings let everybody read.
    public func tile(
        at path: String, _ context: RequestContext?
    ) async throws(ServiceError) -> (resource: TileResource, bytes: [UInt8]) {
        try await admit(context, to: "tile")
        guard let resource = TileResource(path: path), case .hashes(let tile) = resource else {
            throw Self.tileMissing
        }
        do {
            guard let released = try await publishable()?.checkpoint else { throw Self.proofUnavailable }
            guard released.has(tile) else { throw Self.tileMissing }
            let bytes = try await log.read { reader throws(StorageError) in
                do {
                    var tiles = try ProvenTiles(size: released.size, root: released.root, reading: reader)
                    return HashTile(level: tile.level, index: tile.index, hashes: try tiles.tile(tile)).bytes
                } catch { throw StorageError(checking: "tree", error) }
            }
            return (resource, bytes)
        } catch { throw ServiceError(wrapping: error) }
    }

    /// The entries of a bundle, proved; reading them is an event, but not one for each bundle.
    public func bundle(
        at path: String, _ context: RequestContext
    ) async throws(ServiceError) -> (resource: TileResource, bytes: [UInt8]) {
        try await require(.eventRead, for: "bundle", context)
        guard let resource = TileResource(path: path), case .entries(let tile) = resource else {
            throw Self.tileMissing
        }
        do {
            let range = tile.index << 8..<tile.index << 8 + UInt64(tile.width)
            guard let released = try await publishable()?.checkpoint else { throw Self.proofUnavailable }
            guard released.has(tile) else { throw Self.tileMissing }
            let found = try await proven.read(checkingSignatures: false) { reader throws(StorageError) in
                try reader.entries(from: range.lowerBound, limit: tile.width)
            }
            guard found.events.map(\.index) == Array(range) else {
                throw StorageError(.corrupt, detail: "entries are missing after \(range.lowerBound)")
            }
            if let summary = bundleReadings.add(range, context) { try await record(summary, context) }
            return (resource, EntryBundle.encode(found.events.map(\.bytes)))
        } catch { throw ServiceError(wrapping: error) }
    }

    /// Records what the ended windows of readings summed up.
    func recordEndedReadings(all: Bool = false) async {
        for (summary, context) in bundleReadings.ended(all: all) {
            // The reader has them already; what cannot be recorded now is in the journal.
            do { try await record(summary, context) } catch {
                journal?.write(.error, "a reading could not be recorded", ["code": error.code])
            }
        }
    }

    private func record(
        _ summary: BundleReadings.Summary, _ context: RequestContext
    ) async throws(ServiceError) {
        let filters = [
            "from=\(summary.range.lowerBound)", "to=\(summary.range.upperBound)", "bundles=\(summary.bundles)",
        ]
        try await note(
            .auditLogQueried(.init(operation: "bundles", filters: filters, returned: summary.entries)), in: "access",
            context)
    }

    /// Refuses who has no key, unless the settings let everybody read, and whose role does not hold the right.
    private func admit(_ context: RequestContext?, to operation: String) async throws(ServiceError) {
        if settings.isTlogPublic { return }
        guard let context else { throw Self.keyMissing }
        try await require(.logRead, for: operation, context)
    }
}

extension Checkpoint {
    /// Whether its tree has a tile, or had it at an earlier size.
    fileprivate func has(_ tile: TileCoordinate) -> Bool {
        let (full, partialWidth) = TileCoordinate.tiles(level: tile.level, size: size)
        return tile.index < full || (tile.index == full && tile.width <= partialWidth)
    }
}
