/// Waits for an operation, but not longer than a time; an operation that takes longer goes on by itself.
///
/// - Returns: what the operation gave; nil when the time was over first.
public func waiting<Success: Sendable>(
    atMost limit: Duration, for operation: @escaping @Sendable () async -> Success
) async -> Success? {
    let waiter = Locked<CheckedContinuation<Success?, Never>?>(nil)
    /// Whoever is first takes the waiter.
    @Sendable func answer(_ value: Success?) {
        let first = waiter.withLock { waiter in
            defer { waiter = nil }
            return waiter
        }
        first?.resume(returning: value)
    }
    return await withCheckedContinuation { continuation in
        waiter.withLock { $0 = continuation }
        let timer = Task {
            try? await Task.sleep(for: limit)  // cancelled: the operation was quicker
            answer(nil)
        }
        Task {
            answer(await operation())
            timer.cancel()
        }
    }
}
