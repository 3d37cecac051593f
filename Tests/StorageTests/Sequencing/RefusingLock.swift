import Concurrency
import Storage

/// A checkpoint lock that cannot be written until it relents.
final class RefusingLock: CheckpointLock {
    private let lock: any CheckpointLock
    private let refuses = Locked(true)

    init(_ lock: any CheckpointLock) { self.lock = lock }

    func relent() { refuses.withLock { $0 = false } }

    func current() throws(StorageError) -> String? { try lock.current() }

    func advance(from expected: String?, to note: String) throws(StorageError) -> String? {
        guard !refuses.withLock({ $0 }) else { throw StorageError(.full) }
        return try lock.advance(from: expected, to: note)
    }
}
