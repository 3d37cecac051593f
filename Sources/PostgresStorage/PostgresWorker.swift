import Dispatch
import Storage

/// One connection with a serial queue of its own: whatever blocks in libpq blocks only there.
///
/// It connects when it is first needed, and again after the connection was lost.
final class PostgresWorker: @unchecked Sendable {
    // @unchecked: `session` is touched only by jobs on `queue`, one at a time.
    private let queue: DispatchQueue
    private let session: PostgresSession

    init(_ address: String, setup: [String], label: String) {
        queue = DispatchQueue(label: label)
        session = PostgresSession(address, setup: setup)
    }

    /// Runs a job without waiting for it.
    func submit(_ job: @escaping @Sendable (PostgresSession) -> Void) { queue.async { job(self.session) } }

    /// Runs a job that may use the connection.
    func run<Result: Sendable>(
        _ job: @escaping @Sendable (PostgresSession) throws(StorageError) -> Result
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
