import Concurrency

/// One connection with a serial queue of its own.
typealias PostgresWorker = SerialWorker<PostgresSession>

extension PostgresWorker {
    convenience init(_ address: String, setup: [String], label: String) {
        self.init(PostgresSession(address, setup: setup), label: label)
    }
}
