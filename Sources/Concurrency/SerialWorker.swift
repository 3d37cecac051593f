import Dispatch

/// A value with a serial queue of its own, such as a connection to a database: whatever blocks on it blocks only there.
public final class SerialWorker<State>: @unchecked Sendable {
    // @unchecked: `state` is touched only by jobs on `queue`, one at a time.
    private let queue: DispatchQueue
    private let state: State

    public init(_ state: sending State, label: String) { (self.state, queue) = (state, DispatchQueue(label: label)) }

    /// Runs a job without waiting for it.
    public func submit(_ job: @escaping @Sendable (State) -> Void) { queue.async { job(self.state) } }

    /// Runs a job when those before it are done.
    ///
    /// - Returns: what it gives.
    /// - Throws: what it throws.
    public func run<Value: Sendable, Failure: Error>(
        _ job: @escaping @Sendable (State) throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        let result = await withCheckedContinuation { continuation in
            queue.async {
                do throws(Failure) {
                    continuation.resume(returning: Result<Value, Failure>.success(try job(self.state)))
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
        }
        return try result.get()
    }
}
