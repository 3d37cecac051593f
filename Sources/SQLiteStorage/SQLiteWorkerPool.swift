import Synchronization

/// Reading connections, used in turn.
final class SQLiteWorkerPool: Sendable {
    private let workers: [SQLiteWorker]
    private let turn = Atomic(0)

    init(_ workers: [SQLiteWorker]) { self.workers = workers }

    var next: SQLiteWorker {
        let turn = turn.wrappingAdd(1, ordering: .relaxed).oldValue
        return workers[Int(UInt(bitPattern: turn) % UInt(workers.count))]
    }
}
