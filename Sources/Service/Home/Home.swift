import Glibc
import Storage

/// The folder that belongs to one deployment: keys, secrets, pictures, lock and the embedded database.
public struct Home: Sendable {
    public let path: String

    public init(_ path: String) { self.path = path }

    var keys: String { path + "/keys" }
    var origin: String { path + "/keys/origin" }
    /// The private keys that sign.
    func keyFolder(_ access: KeyAccess) -> KeyFolder { KeyFolder(path: keys, access: access) }
    var images: String { path + "/images" }
    var models: String { path + "/models" }
    /// The last checkpoint that met the quorum of TLOG_POLICY, a note with cosignatures; anybody can ask for it again.
    var witnessed: String { path + "/witnessed" }
    /// Reads that the log could not take.
    var spool: String { path + "/spool" }
    /// There while a restore is not finished; holds the digest of the backup's manifest.
    var restoring: String { path + "/restoring" }

    /// There in a copy that must not sign, whatever keys are put into it; holds the digest of the backup's manifest.
    var copyMark: String { path + "/copy" }

    /// A folder for what is made and removed again: the home, where large things have room, if it can be written.
    var scratch: String {
        if isWritable { return path }
        return unsafe getenv("TMPDIR").map { unsafe String(cString: $0) } ?? "/tmp"
    }

    /// Whether this process may change what is here; a mounted copy and somebody else's home may only be read.
    public var isWritable: Bool { unsafe access(path, W_OK) == 0 }

    /// Whether a log was created here.
    public var isInitialised: Bool { unsafe access(origin, F_OK) == 0 }

    /// Creates the folders, readable by their owner alone.
    func prepare() throws(ServiceError) {
        for folder in [path, images, models] { try SmallFile.makeFolder(folder) }
        // A home that others can enter is closed before anything is put into it.
        for folder in [path, keys] {
            var status = stat()
            guard unsafe stat(folder, &status) == 0 else {
                if folder == keys, errno == ENOENT { continue }
                throw Self.failure("stat", folder)
            }
            guard status.st_mode & 0o777 != 0o700 else { continue }
            guard unsafe chmod(folder, 0o700) == 0 else { throw Self.failure("chmod", folder) }
        }
    }

    /// Puts the folder of keys in place, whole or not at all, and never over keys that are there.
    func install(keys files: [(name: String, bytes: [UInt8])]) throws(ServiceError) {
        let partial = path + "/keys.new"
        Self.removeFolder(partial)
        try SmallFile.makeFolder(partial)
        for file in files { try SmallFile.write(file.bytes, to: "\(partial)/\(file.name)") }
        guard unsafe rename(partial, keys) == 0 else {
            guard errno == ENOTEMPTY || errno == EEXIST else { throw Self.failure("rename", keys) }
            Self.removeFolder(partial)
            throw ServiceError(
                .unavailable, "keys-incomplete",
                "\(keys) holds keys but not their origin. They were left as they are: put the missing file back.")
        }
        try SmallFile.synchronise(folder: path)
    }

    /// Runs `body` while no other process does the same in this home: the first start happens once, and so does each
    /// change of keys.
    func exclusively<Result>(
        _ body: () async throws(ServiceError) -> Result
    ) async throws(ServiceError) -> Result {
        let descriptor = try openLock(".first-start")
        defer { close(descriptor) }
        // Waiting in turns: whoever holds it may need this very thread to go on.
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            guard errno == EWOULDBLOCK || errno == EINTR else { throw Self.failure("flock", path) }
            do { try await Task.sleep(for: .milliseconds(20)) } catch {
                throw ServiceError(.overloaded(retryAfterSeconds: 1), "busy", "The request was cancelled; repeat it.")
            }
        }
        return try await body()
    }

    /// Runs `body` while no other process recovers this log or begins another one for it.
    ///
    /// That takes long, so whoever is second is told, and whoever only opens the home does not wait.
    func recovering<Result>(
        _ body: () async throws(ServiceError) -> Result
    ) async throws(ServiceError) -> Result {
        let descriptor = try openLock(".recovery")
        defer { close(descriptor) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            throw ServiceError(
                .conflict, "recovery-running",
                "Another process recovers the log of \(path) at this moment: wait for it.")
        }
        return try await body()
    }

    private func openLock(_ name: String) throws(ServiceError) -> Int32 {
        let descriptor = unsafe open("\(path)/\(name)", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Self.failure("open", path) }
        return descriptor
    }

    /// Why a call on a file failed, by `errno`.
    static func failure(_ call: String, _ path: String) -> ServiceError {
        let code = errno
        let reason = unsafe "\(path): \(call): \(String(cString: strerror(code)))"
        return code == ENOSPC || code == EDQUOT ? full(reason) : unusable(reason)
    }

    static func full(_ reason: String) -> ServiceError {
        ServiceError(
            .unavailable, StorageError.Code.full.rawValue,
            "\(reason). That disk is full: free space on it and repeat; nothing was lost.")
    }

    static func unusable(_ reason: String) -> ServiceError {
        ServiceError(.unavailable, "home-unusable", "\(reason). Check CXRLEDGER_HOME and its rights.")
    }
}

extension Home {
    /// Removes a folder and what is in it, as far as that goes; a folder that is not there is fine.
    static func removeFolder(_ path: String) {
        for name in (try? DurableFile.names(in: path)) ?? [] where unsafe unlink("\(path)/\(name)") != 0 {
            removeFolder("\(path)/\(name)")
        }
        unsafe rmdir(path)
    }
}
