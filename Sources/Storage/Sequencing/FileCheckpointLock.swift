import Concurrency
import Glibc
import Ledger

/// A checkpoint lock in a file of its own, in production on another volume.
///
/// Layout: two slots of 4,096 bytes, each a signed note followed by zeros. A write goes to the slot that does not hold
/// the current checkpoint and is made durable by one `fdatasync`; whatever a torn write leaves, the other slot is
/// whole. The slot with the larger tree counts. Writers of several processes take turns by `flock`.
public final class FileCheckpointLock: CheckpointLock {
    static let slotSize = 4096
    private let path: String
    private let descriptor: Int32
    private let turn = Locked(())

    /// Opens the lock, creating the file (mode 0600) when there is none.
    public init(path: String) throws(StorageError) {
        let existed = unsafe access(path, F_OK) == 0
        let descriptor = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Self.failure("open", path) }
        (self.path, self.descriptor) = (path, descriptor)
        if !existed { try Self.synchronise(directoryOf: path) }
    }

    deinit { close(descriptor) }

    public func current() throws(StorageError) -> String? {
        try exclusively { () throws(StorageError) in
            try slots().compactMap(\.checkpoint).max { $0.size < $1.size }?.note
        }
    }

    public func advance(to note: String, size: UInt64) throws(StorageError) {
        try exclusively { () throws(StorageError) in
            let slots = try slots()
            let sizes = slots.map { $0.checkpoint?.size }
            let largest = slots.compactMap(\.checkpoint).max { $0.size < $1.size }
            guard size > (largest?.size ?? 0) else {
                // Two databases under one lock: the first to release a size has it.
                guard largest?.size != size || largest?.note == note else {
                    throw StorageError(.corrupt, detail: "another tree of size \(size) was released")
                }
                return
            }
            let older = (sizes[0] ?? 0) <= (sizes[1] ?? 0) ? 0 : 1
            let text = Array(note.utf8)
            guard text.count < Self.slotSize else { throw StorageError(.incompatible, detail: "checkpoint too long") }
            let slot = text + [UInt8](repeating: 0, count: Self.slotSize - text.count)
            let written = unsafe slot.withUnsafeBytes {
                unsafe pwrite(descriptor, $0.baseAddress, $0.count, older * Self.slotSize)
            }
            // Its full length from the first write on, so that a lost half shows.
            guard written == Self.slotSize, ftruncate(descriptor, 2 * Self.slotSize) == 0, fdatasync(descriptor) == 0
            else { throw Self.failure("write", path) }
        }
    }

    /// What is wrong with the file's bytes, if anything: a slot that is neither empty nor exactly one signed note.
    public func damage() throws(StorageError) -> String? {
        for (number, slot) in try slots().enumerated() where slot.isDamaged {
            return "slot \(number) holds no signed note"
        }
        let length = lseek(descriptor, 0, SEEK_END)
        return length == 0 || length == 2 * Self.slotSize
            ? nil : "it has \(length) bytes instead of \(2 * Self.slotSize)"
    }

    /// Both notes of the file, for verification.
    public func notes() throws(StorageError) -> [String] { try slots().compactMap { $0.checkpoint?.note } }

    /// Runs `body` while nobody else writes: threads take turns by the mutex, processes by `flock`.
    private func exclusively<Result>(_ body: () throws(StorageError) -> Result) throws(StorageError) -> Result {
        try turn.withLock { _ throws(StorageError) in
            guard flock(descriptor, LOCK_EX) == 0 else { throw Self.failure("flock", path) }
            defer { flock(descriptor, LOCK_UN) }
            return try body()
        }
    }

    private struct Slot {
        let checkpoint: (note: String, size: UInt64)?
        let isDamaged: Bool
    }

    private func slots() throws(StorageError) -> [Slot] {
        var bytes = [UInt8](repeating: 0, count: 2 * Self.slotSize + 1)
        let count = unsafe bytes.withUnsafeMutableBytes { unsafe pread(descriptor, $0.baseAddress, $0.count, 0) }
        guard count >= 0 else { throw Self.failure("read", path) }
        return [0, 1].map { number in
            let slot = bytes[(number * Self.slotSize)..<((number + 1) * Self.slotSize)]
            guard let end = slot.firstIndex(of: 0), end > slot.startIndex else {
                return Slot(checkpoint: nil, isDamaged: !slot.allSatisfy { $0 == 0 })
            }
            let tail = number == 1 ? bytes[end...] : bytes[end..<slot.endIndex]
            guard tail.allSatisfy({ $0 == 0 }), let note = String(validating: slot[..<end], as: UTF8.self),
                let checkpoint = try? Checkpoint(note: note)
            else { return Slot(checkpoint: nil, isDamaged: true) }  // a torn slot does not count
            return Slot(checkpoint: (note, checkpoint.size), isDamaged: false)
        }
    }

    private static func failure(_ call: String, _ path: String) -> StorageError {
        let code = errno
        return StorageError(code == ENOSPC ? .full : .unavailable, detail: "\(call) \(path): errno \(code)")
    }

    private static func synchronise(directoryOf path: String) throws(StorageError) {
        let directory = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
        let descriptor = unsafe open(directory.isEmpty ? "/" : directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("open", directory) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failure("fsync", directory) }
    }
}
