import Concurrency
import Storage

/// A checkpoint lock that shows another log's note until somebody puts the right file in place.
final class MisplacedLock: CheckpointLock {
    private let lock: any CheckpointLock
    private let note: Locked<String?>

    init(_ lock: any CheckpointLock, note: String) { (self.lock, self.note) = (lock, Locked(note)) }

    func putRight() { note.withLock { $0 = nil } }

    func current() throws(StorageError) -> String? {
        if let note = note.withLock({ $0 }) { return note }
        return try lock.current()
    }

    func advance(to note: String, size: UInt64) throws(StorageError) { try lock.advance(to: note, size: size) }
}
