import Concurrency
import Glibc
import Ledger

/// A checkpoint lock in a file of its own, in production on another volume.
///
/// Layout: two slots of 4,096 bytes, each a signed note followed by zeros. A write goes to the slot that does not hold
/// the current checkpoint and is made durable by one `fdatasync`; whatever a torn write leaves, the other slot is
/// whole. The slot with the larger tree counts. Writers of several processes take turns by `flock`, and do not wait for the
/// disk meanwhile: a process that is stopped there would stop all others. So whoever finds a note makes it durable before
/// it writes over the one before.
public final class FileCheckpointLock: CheckpointLock {
    private let path: String
    private let descriptor: Int32
    private let turn: FileTurn
    /// The note that this process has made durable last.
    private let durable = Locked<String?>(nil)
    /// As it was last read, since reading notes takes longer than seeing that they are the same.
    private let known = Locked(LockSlots.empty)

    /// Opens the lock, creating the file (mode 0600) when there is none; `patience` is how long it waits for another process.
    public init(path: String, patience: Duration = FileTurn.patience) throws(StorageError) {
        let existed = unsafe access(path, F_OK) == 0
        let descriptor = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw DurableFile.failure("open", path) }
        (self.path, self.descriptor, turn) = (path, descriptor, FileTurn(patience: patience))
        if !existed { try DurableFile.synchronise(folder: DurableFile.folder(of: path)) }
    }

    /// Opens a lock that is there, to be read only.
    public init(reading path: String) throws(StorageError) {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw DurableFile.failure("open", path) }
        (self.path, self.descriptor, turn) = (path, descriptor, FileTurn())
    }

    deinit { close(descriptor) }

    public func current() throws(StorageError) -> String? {
        try checkPlace()
        return try look().current?.note
    }

    public func advance(from expected: String?, to note: String) throws(StorageError) -> String? {
        while true {
            let written = try turn.take(descriptor, path) { () throws(StorageError) in
                try put(note, over: expected)
            }
            guard let written else { return nil }
            guard fdatasync(descriptor) == 0 else { throw DurableFile.failure("write", path) }
            durable.withLock { $0 = written }
            if written == note || written != expected { return written }
        }
    }

    /// Writes the next note when the one before is the expected one, and durable.
    ///
    /// - Returns: what is to be made durable: the next note, or else the one that was found, which is written again, since
    ///   its writer may have died, or failed, before the disk had it.
    private func put(_ note: String, over expected: String?) throws(StorageError) -> String? {
        try checkPlace()
        let slots = try look()
        let found = slots.current?.note
        guard found == expected, found == nil || found == durable.withLock({ $0 }) else {
            if let found { try write(found, to: 1 - slots.older) }
            return found
        }
        guard let next = try? Checkpoint(note: note), next.size > slots.current?.size ?? 0 else {
            throw StorageError(.incompatible, detail: "a checkpoint that does not continue the locked one")
        }
        try write(note, to: slots.older)
        return note
    }

    private func write(_ note: String, to slot: Int) throws(StorageError) {
        let text = Array(note.utf8)
        guard text.count < LockSlots.slotSize else { throw StorageError(.incompatible, detail: "a long checkpoint") }
        let bytes = text + [UInt8](repeating: 0, count: LockSlots.slotSize - text.count)
        let written = unsafe bytes.withUnsafeBytes {
            unsafe pwrite(descriptor, $0.baseAddress, $0.count, slot * LockSlots.slotSize)
        }
        guard written == LockSlots.slotSize, try hasFullLength() else { throw DurableFile.failure("write", path) }
    }

    /// A lock that was removed or replaced under us is no longer the one that others see.
    private func checkPlace() throws(StorageError) {
        var (ours, there) = (stat(), stat())
        guard unsafe fstat(descriptor, &ours) == 0, unsafe stat(path, &there) == 0,
            ours.st_ino == there.st_ino, ours.st_dev == there.st_dev
        else { throw StorageError(.unavailable, detail: "\(path) was replaced while in use") }
    }

    /// Gives the file its full length with the first write, so that a lost half shows.
    ///
    /// Not again afterwards: a truncation, even to the same length, makes the disk write the inode with each sync.
    private func hasFullLength() throws(StorageError) -> Bool {
        let length = lseek(descriptor, 0, SEEK_END)
        guard length >= 0 else { throw DurableFile.failure("seek", path) }
        return length >= 2 * LockSlots.slotSize || ftruncate(descriptor, 2 * LockSlots.slotSize) == 0
    }

    /// What is wrong with the file's bytes, if anything: a slot that is neither empty nor exactly one signed note.
    public func damage() throws(StorageError) -> String? {
        for (number, slot) in try look().slots.enumerated() where slot.isDamaged {
            return "slot \(number) holds no signed note"
        }
        let length = lseek(descriptor, 0, SEEK_END)
        return length == 0 || length == 2 * LockSlots.slotSize
            ? nil : "it has \(length) bytes instead of \(2 * LockSlots.slotSize)"
    }

    /// Both notes of the file, for verification.
    public func notes() throws(StorageError) -> [String] { try look().slots.compactMap { $0.checkpoint?.note } }

    /// What the file says now, without waiting for a writer, who works on the other slot.
    private func look() throws(StorageError) -> LockSlots {
        var bytes = try read()
        if let same = known.withLock({ $0.bytes == bytes ? $0 : nil }) { return same }
        // What was read while a slot was being written does not read the same again.
        while true {
            let again = try read()
            if again == bytes { break }
            bytes = again
        }
        let slots = LockSlots(bytes)
        known.withLock { $0 = slots }
        return slots
    }

    private func read() throws(StorageError) -> [UInt8] {
        var bytes = LockSlots.empty.bytes
        let count = unsafe bytes.withUnsafeMutableBytes { unsafe pread(descriptor, $0.baseAddress, $0.count, 0) }
        guard count >= 0 else { throw DurableFile.failure("read", path) }
        return bytes
    }
}
