import Synchronization

/// Workers that are used in turn.
public final class SerialWorkers<State>: Sendable {
    private let workers: [SerialWorker<State>]
    private let turn = Atomic(0)

    /// Takes at least one.
    public init(_ workers: [SerialWorker<State>]) {
        precondition(!workers.isEmpty, "somebody must do the work")
        self.workers = workers
    }

    /// Whose turn it is.
    public var next: SerialWorker<State> {
        let turn = turn.wrappingAdd(1, ordering: .relaxed).oldValue
        return workers[Int(UInt(bitPattern: turn) % UInt(workers.count))]
    }
}
