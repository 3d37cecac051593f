import CanonicalJSON
import Concurrency
import Glibc
import Ledger
import Storage

/// The service's own log: JSON lines that operators grep, with the keys they know; a convenience, not a record.
///
/// Nothing personal and nothing secret goes into it; callers pass codes and ids. Rotated at 10 MiB, five old files kept.
public final class ApplicationLog: Sendable {
    private static let limit = 10 << 20
    private static let kept = 5
    private let path: String
    private let level: LogLevel
    private let now: Clock
    private let descriptor: Locked<Int32>

    /// Opens the file, creating the folder it lies in.
    public init(path: String, level: LogLevel, now: @escaping Clock = SystemClock.now) throws(ServiceError) {
        try SmallFile.makeFolder(DurableFile.folder(of: path))
        (self.path, self.level, self.now) = (path, level, now)
        descriptor = Locked(try Self.open(path))
    }

    deinit { descriptor.withLock { _ = close($0) } }

    /// Writes one line; a log that cannot be written never stops the service.
    public func write(_ level: LogLevel, _ message: String, _ fields: [String: String] = [:]) {
        guard level >= self.level else { return }
        var line: [String: JSONValue] = fields.mapValues { .string($0) }
        line["timestamp"] = .string(now().description)
        line["level"] = .string(level.rawValue.uppercased())
        line["logger"] = "cxrledger"
        line["service"] = "pneumonia-detector"
        line["message"] = .string(message)
        let bytes = JSONValue.object(JSONObject(line)).canonicalBytes() + [0x0A]
        descriptor.withLock { descriptor in
            if lseek(descriptor, 0, SEEK_END) + bytes.count > Self.limit { rotate(&descriptor) }
            // A line that a full disk cut, now or in a process before, must not swallow this one.
            let line = Self.endsInLine(descriptor) ? bytes : [0x0A] + bytes
            _ = unsafe line.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
        }
    }

    private func rotate(_ descriptor: inout Int32) {
        // Instances may share the file: whoever finds that another one has rotated it only opens the new one.
        flock(descriptor, LOCK_EX)
        defer { flock(descriptor, LOCK_UN) }
        if isCurrent(descriptor) {
            for number in stride(from: Self.kept - 1, through: 1, by: -1) {
                unsafe rename("\(path).\(number)", "\(path).\(number + 1)")
            }
            unsafe rename(path, "\(path).1")
        }
        guard let fresh = try? Self.open(path) else { return }  // then the old file goes on
        close(descriptor)
        descriptor = fresh
    }

    /// Whether the path still names the file that is open.
    private func isCurrent(_ descriptor: Int32) -> Bool {
        var (opened, named) = (stat(), stat())
        return unsafe fstat(descriptor, &opened) == 0 && stat(path, &named) == 0
            && (opened.st_dev, opened.st_ino) == (named.st_dev, named.st_ino)
    }

    /// Whether the file is empty, ends with a line, or is none that can be read back, as a pipe.
    private static func endsInLine(_ descriptor: Int32) -> Bool {
        var last: UInt8 = 0x0A
        let end = lseek(descriptor, 0, SEEK_END)
        guard end > 0, unsafe pread(descriptor, &last, 1, end - 1) == 1 else { return true }
        return last == 0x0A
    }

    private static func open(_ path: String) throws(ServiceError) -> Int32 {
        let flags = O_CREAT | O_APPEND | O_CLOEXEC
        var descriptor = unsafe Glibc.open(path, O_RDWR | flags, 0o640)
        // A file that may only be written will do.
        if descriptor < 0 { descriptor = unsafe Glibc.open(path, O_WRONLY | flags, 0o640) }
        guard descriptor >= 0 else { throw Home.failure("open", path) }
        return descriptor
    }
}
