import Concurrency
import Storage

/// A checkpoint lock that cannot be written until it relents.
final class RefusingLock: CheckpointLock {
    private let lock: any CheckpointLock
    private let refuses = Locked(true)

    init(_ lock: any CheckpointLock) { self.lock = lock }

    func relent() { refuses.withLock { $0 = false } }

    func current() throws(StorageError) -> String? { try lock.current() }

    func advance(to note: String, size: UInt64) throws(StorageError) {
        guard !refuses.withLock({ $0 }) else { throw StorageError(.full) }
        try lock.advance(to: note, size: size)
    }
}
