import Concurrency

/// Bounds the memory of pictures that are decoded at once; a picture larger than the budget waits to be alone.
final class MemoryBudget: Sendable {
    private struct State {
        var free: Int
        var waiting: [(bytes: Int, resume: @Sendable () -> Void)] = []
    }

    private let total: Int
    private let state: Locked<State>

    init(bytes: Int) { (total, state) = (bytes, Locked(State(free: bytes))) }

    /// Runs `body` when its bytes fit, in the order of asking.
    func with<Result>(
        _ bytes: Int, _ body: () async throws(ServiceError) -> Result
    ) async throws(ServiceError) -> Result {
        let bytes = min(max(0, bytes), total)
        await withCheckedContinuation { continuation in
            let granted = state.withLock { state in
                guard state.waiting.isEmpty, state.free >= bytes else {
                    state.waiting.append((bytes, { continuation.resume() }))
                    return false
                }
                state.free -= bytes
                return true
            }
            if granted { continuation.resume() }
        }
        defer { release(bytes) }
        return try await body()
    }

    private func release(_ bytes: Int) {
        let ready: [@Sendable () -> Void] = state.withLock { state in
            state.free += bytes
            var ready: [@Sendable () -> Void] = []
            while let next = state.waiting.first, state.free >= next.bytes {
                state.free -= next.bytes
                ready.append(next.resume)
                state.waiting.removeFirst()
            }
            return ready
        }
        for resume in ready { resume() }
    }
}
