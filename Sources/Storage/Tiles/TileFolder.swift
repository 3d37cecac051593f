import Concurrency
import Glibc
public import Ledger

/// A log published as files of a folder, which any server of static files can serve.
///
/// A file is written under a temporary name in `.new`, made durable, and renamed: whatever a crash leaves under a
/// published name is whole. Before a checkpoint is put, the names of everything that was put are made durable. Files can
/// be read by their owner alone; of a public folder everybody may read checkpoint and hashes, and never the entries.
public final class TileFolder: TileTarget {
    /// Leftovers of a process that was killed are this old at least; nobody takes as long to write one file.
    private static let abandonedAfterSeconds = 3_600

    public let kind = "folder"
    public let width = 1
    private let path: String
    private let isPublic: Bool
    /// Folders with names that are not durable yet.
    private let unsynchronised = Locked<Set<String>>([])
    private let turn = FileTurn()

    private var temporary: String { path + "/.new" }

    /// Opens the folder, creating it when there is none, and sets its rights.
    public init(_ path: String, isPublic: Bool = false) throws(StorageError) {
        (self.path, self.isPublic) = (path, isPublic)
        try DurableFile.makeFolder(DurableFile.folder(of: path))
        try DurableFile.makeFolder(path, mode: isPublic ? 0o755 : 0o700)
        try DurableFile.makeFolder(temporary)
        try Self.setRights(of: path, isPublic: isPublic)
        try Self.removeLeftovers(in: temporary, olderThan: Self.abandonedAfterSeconds)
    }

    /// Opens a folder that is only read, such as that of a backup; nothing is created.
    public init(reading path: String) { (self.path, isPublic) = (path, false) }

    public var name: String { path }

    public func get(_ resource: TileResource) throws(StorageError) -> [UInt8]? {
        try DurableFile.read(place(of: resource), limit: resource.maximumBytes)
    }

    public func put(_ bytes: [UInt8], at resource: TileResource) throws(StorageError) {
        let (file, folder) = (place(of: resource), DurableFile.folder(of: place(of: resource)))
        // What cannot be read is written again.
        if (try? DurableFile.read(file, limit: bytes.count)) != bytes {
            try makeFolder(folder, for: resource)
            try DurableFile.place(bytes, at: file, mode: mode(of: resource), by: temporary)
        }
        // Also when it was there: whoever wrote it may not have come to that yet.
        unsynchronised.withLock { _ = $0.insert(folder) }
    }

    public func replaceCheckpoint(_ expected: String?, with note: String) throws(StorageError) -> String? {
        try synchronise()
        return try exclusively { () throws(StorageError) in
            let file = place(of: .checkpoint)
            let found = try DurableFile.read(file, limit: TileResource.checkpoint.maximumBytes)
            let isExpected = found == expected.map { Array($0.utf8) }
            if isExpected {
                try DurableFile.place(Array(note.utf8), at: file, mode: mode(of: .checkpoint), by: temporary)
            }
            // Also what somebody else put, who may not have come to that yet.
            try DurableFile.synchronise(folder: path)
            return isExpected ? note : found.map { String(decoding: $0, as: UTF8.self) }
        }
    }

    public func removePartials(of resource: TileResource) throws(StorageError) {
        try synchronise()
        let folder = place(of: resource.with(width: HashTile.width)) + ".p"
        for name in try DurableFile.names(in: folder) {
            guard unsafe unlink("\(folder)/\(name)") == 0 || errno == ENOENT else {
                throw DurableFile.failure("unlink", "\(folder)/\(name)")
            }
        }
        // Somebody slower may be putting one there again; then it stays.
        unsafe rmdir(folder)
    }

    private func place(of resource: TileResource) -> String { "\(path)/\(resource.path)" }

    private func mode(of resource: TileResource) -> UInt32 {
        if case .entries = resource { return 0o600 }
        return isPublic ? 0o644 : 0o600
    }

    private func makeFolder(_ folder: String, for resource: TileResource) throws(StorageError) {
        if case .entries = resource {
            try DurableFile.makeFolder(path + "/tile", mode: isPublic ? 0o755 : 0o700)
            try DurableFile.makeFolder(folder)
        } else {
            try DurableFile.makeFolder(folder, mode: isPublic ? 0o755 : 0o700)
        }
    }

    /// Makes the names of everything that was put durable; whoever else wants that meanwhile waits for it.
    private func synchronise() throws(StorageError) {
        try unsynchronised.withLock { folders throws(StorageError) in
            while let folder = folders.first {
                // One that is gone held nothing but unfinished tiles.
                if unsafe access(folder, F_OK) == 0 { try DurableFile.synchronise(folder: folder) }
                folders.remove(folder)
            }
        }
    }

    /// Runs `body` while nobody else replaces the checkpoint.
    private func exclusively<Result>(_ body: () throws(StorageError) -> Result) throws(StorageError) -> Result {
        let descriptor = unsafe open(path + "/.lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw DurableFile.failure("open", path + "/.lock") }
        defer { close(descriptor) }
        return try turn.take(descriptor, path + "/.lock", body)
    }
}
