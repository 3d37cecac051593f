import Concurrency
import Storage

/// A checkpoint lock that shows another note than it holds, or none, until somebody puts the right file in place.
final class MisplacedLock: CheckpointLock {
    private enum Shown: Sendable {
        case held
        case note(String?)
    }

    private let lock: any CheckpointLock
    private let shown = Locked(Shown.held)

    init(_ lock: any CheckpointLock) { self.lock = lock }

    func show(_ note: String?) { shown.withLock { $0 = .note(note) } }
    func putRight() { shown.withLock { $0 = .held } }

    func current() throws(StorageError) -> String? {
        switch shown.withLock({ $0 }) {
        case .held: try lock.current()
        case .note(let note): note
        }
    }

    func advance(from expected: String?, to note: String) throws(StorageError) -> String? {
        try lock.advance(from: expected, to: note)
    }
}
