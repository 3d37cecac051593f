import Concurrency
import Dispatch

/// Threads for work that blocks or computes, so that it cannot starve the cooperative ones.
public final class WorkerPool: Sendable {
    private struct State {
        var idle: [Int]
        var peak = 0
        var waiting: [@Sendable () -> Void] = []
    }

    public let width: Int
    private let limit: Int
    /// Serial queues, because each has a thread of its own; the jobs of a concurrent one share as many threads as there
    /// are cores, with each other and with Swift's tasks.
    private let lanes: [DispatchQueue]
    private let state: Locked<State>

    /// - Parameters:
    ///   - width: how many jobs run at once.
    ///   - limit: how many more may wait before the next one is refused.
    public init(width: Int, limit: Int = 1_024) {
        (self.width, self.limit) = (max(1, width), limit)
        lanes = (0..<max(1, width)).map { DispatchQueue(label: "cxrledger.worker.\($0)") }
        state = Locked(State(idle: Array(lanes.indices)))
    }

    /// The largest number of jobs that ever ran at once.
    public var peak: Int { state.withLock { $0.peak } }

    /// How many jobs wait.
    public var waiting: Int { state.withLock { $0.waiting.count } }

    /// Runs a job when it is its turn.
    func run<Result: Sendable>(
        _ job: @escaping @Sendable () throws(ServiceError) -> Result
    ) async throws(ServiceError) -> Result {
        guard waiting < limit else { throw ServiceError(.overloaded(retryAfterSeconds: 2)) }
        let result = await withCheckedContinuation { continuation in
            submit {
                do throws(ServiceError) {
                    continuation.resume(returning: Swift.Result<Result, ServiceError>.success(try job()))
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
        }
        return try result.get()
    }

    /// Runs a job when it is its turn, and does not wait for it.
    func submit(_ job: @escaping @Sendable () -> Void) {
        let lane = state.withLock { state -> Int? in
            guard let lane = state.idle.popLast() else {
                state.waiting.append(job)
                return nil
            }
            state.peak = max(state.peak, width - state.idle.count)
            return lane
        }
        if let lane { lanes[lane].async { self.work(job, in: lane) } }
    }

    private func work(_ first: @escaping @Sendable () -> Void, in lane: Int) {
        var next: (@Sendable () -> Void)? = first
        while let job = next {
            job()
            next = state.withLock { state in
                guard !state.waiting.isEmpty else {
                    state.idle.append(lane)
                    return nil
                }
                return state.waiting.removeFirst()
            }
        }
    }
}

extension ServiceError {
    /// Refused because the queue of work is full.
    fileprivate init(_ kind: Kind) { self.init(kind, "overloaded", "Too much is waiting; try again in a moment.") }
}
