import Concurrency

/// Lets tasks wait for a log to grow: whoever hears of new entries tells it, and it looks by itself while somebody waits.
public final class GrowthWatch: Sendable {
    private struct Waiter {
        let size: UInt64
        let task: CheckedContinuation<Bool, Never>
        let timer: Task<Void, Never>
    }

    private struct State {
        /// The most entries that it was told of.
        var size: UInt64 = 0
        var waiters: [UInt64: Waiter] = [:]
        var numbers: UInt64 = 0
        var isLooking = false
    }

    private let state = Locked(State())
    private let interval: Duration
    private let look: (@Sendable () async -> UInt64?)?

    /// - Parameters:
    ///   - interval: between two looks.
    ///   - look: asks how many entries there are; nil when it cannot be told, and without it only others tell.
    public init(every interval: Duration = .seconds(1), _ look: (@Sendable () async -> UInt64?)? = nil) {
        (self.interval, self.look) = (interval, look)
    }

    /// Says that the log holds so many entries, and wakes those who wait for that.
    public func tell(_ size: UInt64) {
        let due = state.withLock { state in
            state.size = max(state.size, size)
            let due = state.waiters.filter { $0.value.size < size }
            for number in due.keys { state.waiters[number] = nil }
            return due
        }
        for waiter in due.values { Self.end(waiter, hasGrown: true) }
    }

    /// Waits as `EventStore.hasGrown` does.
    public func hasGrown(beyond size: UInt64, within limit: Duration) async -> Bool {
        let number = state.withLock { state in
            state.numbers += 1
            return state.numbers
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { task in
                let (answer, isFirst): (Bool?, Bool) = state.withLock { state in
                    if state.size > size { return (true, false) }
                    // Cancelled from here on, the handler below finds the waiter.
                    if Task.isCancelled { return (false, false) }
                    let timer = Task { [self] in
                        try? await Task.sleep(for: limit)  // cancelled: it has ended already
                        giveUp(number)
                    }
                    state.waiters[number] = Waiter(size: size, task: task, timer: timer)
                    defer { state.isLooking = true }
                    return (nil, !state.isLooking)
                }
                if let answer { return task.resume(returning: answer) }
                if isFirst, let look { Task { await self.look(look) } }
            }
        } onCancel: {
            giveUp(number)
        }
    }

    /// Looks again and again until nobody waits.
    private func look(_ look: @Sendable () async -> UInt64?) async {
        while state.withLock({ state in
            state.isLooking = !state.waiters.isEmpty
            return state.isLooking
        }) {
            if let size = await look() { tell(size) }
            try? await Task.sleep(for: interval)  // nobody cancels it
        }
    }

    private func giveUp(_ number: UInt64) {
        if let waiter = state.withLock({ $0.waiters.removeValue(forKey: number) }) { Self.end(waiter, hasGrown: false) }
    }

    private static func end(_ waiter: Waiter, hasGrown: Bool) {
        waiter.timer.cancel()
        waiter.task.resume(returning: hasGrown)
    }
}
