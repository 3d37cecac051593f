import Concurrency

/// A checkpoint lock that lives as long as the process.
public final class MemoryCheckpointLock: CheckpointLock {
    private let state = Locked<(note: String, size: UInt64)?>(nil)

    public init() {}

    public func current() -> String? { state.withLock { $0?.note } }

    public func advance(to note: String, size: UInt64) {
        state.withLock { if size > ($0?.size ?? 0) { $0 = (note, size) } }
    }
}
