public import Ledger

/// A place that a log was published to, to be read: none of its bytes are trusted.
public protocol TileSource: Sendable {
    /// For logs and people, without secrets: a folder, or an address.
    var name: String { get }

    /// The bytes that lie there; nil when there are none.
    ///
    /// - Throws: `.unavailable` when it cannot be told, `.incompatible` for more bytes than the resource can have.
    func get(_ resource: TileResource) async throws(StorageError) -> [UInt8]?
}

extension TileSource {
    /// The published checkpoint, a signed note that nobody has verified; nil when nothing was published.
    ///
    /// - Throws: `.corrupt` when the bytes are no text.
    public func checkpoint() async throws(StorageError) -> String? {
        guard let bytes = try await get(.checkpoint) else { return nil }
        guard let note = String(validating: bytes, as: UTF8.self) else {
            throw StorageError(.corrupt, detail: "checkpoint of \(name)")
        }
        return note
    }

    /// Hashes of a tile, as many as asked for, also from a fuller one; nil when they are not there.
    ///
    /// - Throws: `.corrupt` when the file is not exactly that of its name.
    public func hashes(_ tile: TileCoordinate) async throws(StorageError) -> [UInt8]? {
        guard let (bytes, found) = try await find(.hashes(tile)) else { return nil }
        guard bytes.count == 32 * (found.tile?.width ?? 0) else {
            throw StorageError(.corrupt, detail: "\(found.path) of \(name)")
        }
        return Array(bytes.prefix(32 * tile.width))
    }

    /// Entries of a bundle, as many as asked for, also from a fuller one; nil when they are not there.
    ///
    /// - Throws: `.corrupt` when the file is not exactly that of its name.
    public func entries(_ tile: TileCoordinate) async throws(StorageError) -> [[UInt8]]? {
        guard let (bytes, found) = try await find(.entries(tile)) else { return nil }
        guard let entries = EntryBundle.decode(bytes), entries.count == found.tile?.width else {
            throw StorageError(.corrupt, detail: "\(found.path) of \(name)")
        }
        return Array(entries.prefix(tile.width))
    }

    /// The file that was asked for, or the full one, which may have taken its place.
    private func find(_ resource: TileResource) async throws(StorageError) -> (bytes: [UInt8], found: TileResource)? {
        for candidate in [resource, resource.with(width: HashTile.width)] {
            if let bytes = try await get(candidate) { return (bytes, candidate) }
        }
        return nil
    }
}
