import Storage
import StorageTestSupport

/// A checkpoint lock whose advances wait until somebody opens the gate.
final class GatedLock: CheckpointLock {
    private let lock: any CheckpointLock
    private let gate = Signal()
    /// Sent when the first advance has come to the gate.
    let arrived = Signal()

    init(_ lock: any CheckpointLock) { self.lock = lock }

    func open() { gate.send() }

    func current() throws(StorageError) -> String? { try lock.current() }

    func advance(from expected: String?, to note: String) throws(StorageError) -> String? {
        arrived.send()
        gate.wait()  // the release has a thread of its own
        gate.send()
        return try lock.advance(from: expected, to: note)
    }
}
