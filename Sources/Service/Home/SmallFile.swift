import Glibc
import Storage

/// Files that are read whole and replaced whole, with errors that tell a person where to look.
enum SmallFile {
    /// Reads up to `limit` bytes; nil when there is no such file.
    static func read(_ path: String, limit: Int = 1 << 30) throws(ServiceError) -> [UInt8]? {
        do { return try DurableFile.read(path, limit: limit) } catch { throw Self.error(error) }
    }

    /// Writes a file that is never half there.
    static func write(_ bytes: [UInt8], to path: String) throws(ServiceError) {
        do { try DurableFile.write(bytes, to: path) } catch { throw Self.error(error) }
    }

    /// Creates a folder and those above it.
    static func makeFolder(_ path: String) throws(ServiceError) {
        do { try DurableFile.makeFolder(path) } catch { throw Self.error(error) }
    }

    /// Makes the names in a folder durable.
    static func synchronise(folder: String) throws(ServiceError) {
        do { try DurableFile.synchronise(folder: folder) } catch { throw Self.error(error) }
    }

    /// How many bytes a file has; nil when there is none.
    static func size(_ path: String) -> Int64? {
        var status = stat()
        return unsafe stat(path, &status) == 0 ? Int64(status.st_size) : nil
    }

    /// When a file was changed, in microseconds since 1970; nil when there is none.
    static func changed(_ path: String) -> Int64? {
        var status = stat()
        return unsafe stat(path, &status) == 0 ? Int64(status.st_mtim.tv_sec) * 1_000_000 : nil
    }

    /// What a person is told of a failure.
    static func error(_ error: StorageError) -> ServiceError {
        switch error.code {
        case .incompatible: ServiceError(.tooLarge, "file-too-large", error.detail + ".")
        case .full: Home.full(error.detail)
        case .unavailable, .refused, .bucketMissing, .corrupt, .missing, .schema: Home.unusable(error.detail)
        }
    }
}
