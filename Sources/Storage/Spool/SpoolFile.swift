import Concurrency
public import Crypto
import Glibc
public import Ledger

/// A bounded file, written full of zeros while there is room, that keeps events which the log cannot take for a while.
///
/// A record counts once its length is there, and that is written only when the rest is durable: whatever is there whole
/// was promised to somebody. Processes take turns by `flock`; whoever moves records into the log holds a lock beside.
public final class SpoolFile: Sendable {
    private let path: String
    private let capacity: Int
    private let turn = FileTurn()

    /// Opens or creates a spool of so many bytes; a spool of another size is made anew when it is empty.
    public init(path: String, capacity: Int) throws(StorageError) {
        (self.path, self.capacity) = (path, capacity)
        if let bytes = try DurableFile.read(path, limit: 1 << 26) {
            let contents = SpoolContents(bytes)
            guard contents.records.isEmpty, !contents.isDamaged, bytes.count != capacity else { return }
        }
        try create()
    }

    private func create() throws(StorageError) {
        let zeros = [UInt8](repeating: 0, count: capacity - SpoolContents.magic.count)
        try DurableFile.write(SpoolContents.magic + zeros, to: path)
    }

    /// What is kept now.
    public func contents() throws(StorageError) -> SpoolContents {
        try exclusively { descriptor throws(StorageError) in SpoolContents(try read(descriptor)) }
    }

    /// Whether nothing is kept, and nothing is wrong, as far as one look at the beginning tells.
    public func isEmpty() throws(StorageError) -> Bool {
        try exclusively { descriptor throws(StorageError) in
            let due = SpoolContents.magic + [UInt8](repeating: 0, count: SpoolRecord.lengthSize)
            var beginning = [UInt8](repeating: 0, count: due.count)
            let count = unsafe beginning.withUnsafeMutableBytes {
                unsafe pread(descriptor, $0.baseAddress, $0.count, 0)
            }
            guard count >= 0 else { throw DurableFile.failure("read", path) }
            return beginning == due
        }
    }

    /// Signs an event for the spool and makes it durable.
    ///
    /// - Throws: `.full` when it has no room for it, `.corrupt` when what it holds is damaged.
    public func keep(
        _ draft: EnvelopeDraft, log: String, at time: Timestamp, signer: any Signer
    ) throws(StorageError) {
        try exclusively { descriptor throws(StorageError) in
            let bytes = try read(descriptor)
            let contents = SpoolContents(bytes)
            guard !contents.isDamaged else { throw StorageError(.corrupt, detail: path) }
            let envelope = draft.envelope(
                log: log, version: UInt64(contents.records.count),
                previous: contents.records.last.map { SHA256.hash($0.envelope) }, recordedAt: time)
            guard envelope.count <= Entry.maximumEnvelopeSize else { throw StorageError(.incompatible, detail: path) }
            let record: [UInt8]
            do { record = try SpoolRecord(signing: envelope, with: signer).bytes } catch {
                throw StorageError(.unavailable, detail: "the event key cannot be used")
            }
            guard bytes.count - contents.end >= record.count else { throw StorageError(.full, detail: path) }
            // What follows is an end, whatever an emptying that was interrupted left there.
            let room = min(bytes.count - contents.end - record.count, SpoolRecord.alignment)
            let end = [UInt8](repeating: 0, count: room)
            let rest = Array(record.dropFirst(SpoolRecord.lengthSize)) + end
            try write(rest, at: contents.end + SpoolRecord.lengthSize, descriptor)
            try write(Array(record.prefix(SpoolRecord.lengthSize)), at: contents.end, descriptor)
        }
    }

    /// Empties the spool if it holds exactly what the caller has seen and moved.
    ///
    /// - Returns: whether it did.
    public func clear(_ moved: SpoolContents) throws(StorageError) -> Bool {
        try exclusively { descriptor throws(StorageError) in
            guard SpoolContents(try read(descriptor)) == moved else { return false }
            let start = SpoolContents.magic.count
            try write([UInt8](repeating: 0, count: SpoolRecord.lengthSize), at: start, descriptor)
            try write([UInt8](repeating: 0, count: moved.size), at: start, descriptor)
            return true
        }
    }

    /// Keeps a damaged spool under another name, and begins a new one.
    public func setAside(as name: String) throws(StorageError) {
        try exclusively { _ throws(StorageError) in
            guard unsafe rename(path, name) == 0 else { throw DurableFile.failure("rename", path) }
            try create()
        }
    }

    /// Runs `body` while no other process moves records into the log; not at all when one does.
    public func moving<Failure: Error>(_ body: () async throws(Failure) -> Void) async throws(Failure) {
        let descriptor = unsafe open(path + ".lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else { return }
        try await body()
    }

    private func exclusively<Result>(
        _ body: (Int32) throws(StorageError) -> Result
    ) throws(StorageError) -> Result {
        // Opened each time: another process may have set the file aside.
        while true {
            let descriptor = unsafe open(path, O_RDWR | O_CLOEXEC)
            guard descriptor >= 0 else { throw DurableFile.failure("open", path) }
            defer { close(descriptor) }
            let result = try turn.take(descriptor, path) { () throws(StorageError) -> Result? in
                var (ours, there) = (stat(), stat())
                guard unsafe fstat(descriptor, &ours) == 0, unsafe stat(path, &there) == 0, ours.st_ino == there.st_ino
                else { return nil }
                return try body(descriptor)
            }
            if let result { return result }
        }
    }

    private func read(_ descriptor: Int32) throws(StorageError) -> [UInt8] {
        let size = lseek(descriptor, 0, SEEK_END)
        guard size >= 0 else { throw DurableFile.failure("seek", path) }
        guard size <= 1 << 26 else { throw StorageError(.incompatible, detail: "\(path) is too large") }
        var bytes = [UInt8](repeating: 0, count: Int(size))
        let count = unsafe bytes.withUnsafeMutableBytes { unsafe pread(descriptor, $0.baseAddress, $0.count, 0) }
        guard count == size else { throw DurableFile.failure("read", path) }
        return bytes
    }

    /// Overwrites a part, durably.
    private func write(_ bytes: [UInt8], at offset: Int, _ descriptor: Int32) throws(StorageError) {
        let count = unsafe bytes.withUnsafeBytes { unsafe pwrite(descriptor, $0.baseAddress, $0.count, offset) }
        guard count == bytes.count, fdatasync(descriptor) == 0 else { throw DurableFile.failure("write", path) }
    }
}
