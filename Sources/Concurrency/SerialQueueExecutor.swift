import Dispatch

/// A serial queue of its own for an actor whose methods block, so that it cannot starve the cooperative threads.
public final class SerialQueueExecutor: SerialExecutor {
    private let queue: DispatchQueue

    /// Creates the executor; the label names its thread in a debugger.
    public init(label: String) { queue = DispatchQueue(label: label) }

    /// Runs a job of the actor on the queue.
    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { unsafe job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }
}
