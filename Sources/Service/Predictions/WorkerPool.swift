import Concurrency
import Dispatch

/// Threads for work that blocks or computes, so that it cannot starve the cooperative ones; `API_WORKERS` of them.
public final class WorkerPool: Sendable {
    private struct State {
        var running = 0
        var peak = 0
        var waiting: [@Sendable () -> Void] = []
    }

    public let width: Int
    private let limit: Int
    private let queue = DispatchQueue(label: "cxrledger.workers", attributes: .concurrent)
    private let state = Locked(State())

    /// - Parameters:
    ///   - width: how many jobs run at once.
    ///   - limit: how many more may wait before the next one is refused.
    public init(width: Int, limit: Int = 1_024) { (self.width, self.limit) = (max(1, width), limit) }

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

    /// Runs a job beside the bounded ones: work that those are waiting for.
    func submitUnbounded(_ job: @escaping @Sendable () -> Void) { queue.async { job() } }

    private func submit(_ job: @escaping @Sendable () -> Void) {
        let starts = state.withLock { state in
            guard state.running < width else {
                state.waiting.append(job)
                return false
            }
            state.running += 1
            state.peak = max(state.peak, state.running)
            return true
        }
        if starts { queue.async { self.work(job) } }
    }

    private func work(_ first: @escaping @Sendable () -> Void) {
        var next: (@Sendable () -> Void)? = first
        while let job = next {
            job()
            next = state.withLock { state in
                guard !state.waiting.isEmpty else {
                    state.running -= 1
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
