import Concurrency

/// A checkpoint lock that lives as long as the process.
public final class MemoryCheckpointLock: CheckpointLock {
    private let note = Locked<String?>(nil)

    public init() {}

    public func current() -> String? { note.withLock { $0 } }

    public func advance(from expected: String?, to note: String) -> String? {
        self.note.withLock { current in
            if current == expected { current = note }
            return current
        }
    }
}
