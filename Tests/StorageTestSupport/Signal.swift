import Concurrency
import Dispatch

/// Lets a task or a blocked thread go on, once.
public final class Signal: Sendable {
    private struct State {
        var isSent = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Locked(State())
    private let semaphore = DispatchSemaphore(value: 0)

    public init() {}

    /// Wakes one blocked thread and every waiting task, now or later.
    public func send() {
        semaphore.signal()
        let waiting = state.withLock { state in
            state.isSent = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for task in waiting { task.resume() }
    }

    /// Blocks the thread.
    public func wait() { semaphore.wait() }

    /// Suspends the task.
    public func received() async {
        await withCheckedContinuation { continuation in
            let isSent = state.withLock { state in
                if !state.isSent { state.waiting.append(continuation) }
                return state.isSent
            }
            if isSent { continuation.resume() }
        }
    }
}
