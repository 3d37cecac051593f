/// The connection that a worker's jobs share; it stays on the worker's queue.
final class SQLiteSession {
    var connection: SQLiteConnection

    init(_ connection: consuming SQLiteConnection) { self.connection = connection }
}
