import Concurrency
public import Ledger

/// Published tiles that live as long as the process.
public final class MemoryTileTarget: TileTarget {
    public let name = "memory"
    public let kind = "memory"
    public let width = 4
    private let files = Locked<[String: [UInt8]]>([:])

    public init() {}

    /// The paths of all files, sorted.
    public var paths: [String] { files.withLock { $0.keys.sorted() } }

    public func get(_ resource: TileResource) throws(StorageError) -> [UInt8]? {
        files.withLock { $0[resource.path] }
    }

    public func put(_ bytes: [UInt8], at resource: TileResource) throws(StorageError) {
        files.withLock { $0[resource.path] = bytes }
    }

    public func replaceCheckpoint(_ expected: String?, with note: String) throws(StorageError) -> String? {
        files.withLock { files in
            let path = TileResource.checkpoint.path
            let found = files[path].map { String(decoding: $0, as: UTF8.self) }
            guard found == expected else { return found }
            files[path] = Array(note.utf8)
            return note
        }
    }

    public func removePartials(of resource: TileResource) throws(StorageError) {
        files.withLock { files in
            let prefix = resource.with(width: HashTile.width).path + ".p/"
            files = files.filter { !$0.key.utf8.starts(with: prefix.utf8) }
        }
    }
}
