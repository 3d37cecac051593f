import Dispatch
import Storage

/// One connection with a serial queue of its own: whatever blocks in SQLite blocks only there.
final class SQLiteWorker: @unchecked Sendable {
    // @unchecked: `session` is touched only by jobs on `queue`, one at a time.
    private let queue: DispatchQueue
    private let session: SQLiteSession

    init(_ connection: consuming SQLiteConnection, label: String) {
        queue = DispatchQueue(label: label)
        session = SQLiteSession(connection)
    }

    /// Runs a job without waiting for it.
    func submit(_ job: @escaping @Sendable (SQLiteSession) -> Void) { queue.async { job(self.session) } }

    func run<Result: Sendable>(
        _ job: @escaping @Sendable (SQLiteSession) throws(StorageError) -> Result
    ) async throws(StorageError) -> Result {
        let result = await withCheckedContinuation { continuation in
            queue.async {
                do throws(StorageError) {
                    continuation.resume(returning: Swift.Result<Result, StorageError>.success(try job(self.session)))
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
        }
        return try result.get()
    }
}
