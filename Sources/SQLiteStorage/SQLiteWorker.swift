import Concurrency

/// One connection with a serial queue of its own.
typealias SQLiteWorker = SerialWorker<SQLiteSession>

extension SQLiteWorker {
    convenience init(_ connection: consuming sending SQLiteConnection, label: String) {
        self.init(SQLiteSession(connection), label: label)
    }
}
