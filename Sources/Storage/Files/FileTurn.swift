import Concurrency
import Glibc

/// Turns at a file: threads take them by a mutex, processes by `flock`.
///
/// A process that was stopped in its turn keeps it until it goes on or ends. What others do after it would not be safe from
/// what it does when it goes on, so they wait, but not for ever.
public struct FileTurn: Sendable {
    /// How long somebody waits for another process, unless told otherwise.
    public static let patience = Duration.seconds(3)

    private let mutex = Locked(())
    private let patience: Duration

    init(patience: Duration = Self.patience) { self.patience = patience }

    /// Runs `body` while nobody else has the turn at an open file.
    ///
    /// - Throws: `.unavailable` when another process does not let go of it, and what `body` throws.
    func take<Result>(
        _ descriptor: Int32, _ path: String, _ body: () throws(StorageError) -> Result
    ) throws(StorageError) -> Result {
        // Before the mutex: those who wait for it wait for the same process.
        let end = ContinuousClock.now + patience
        return try mutex.withLock { _ throws(StorageError) in
            var pause: UInt32 = 50
            while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
                guard errno == EWOULDBLOCK || errno == EINTR else { throw DurableFile.failure("flock", path) }
                guard ContinuousClock.now < end else {
                    throw StorageError(
                        .unavailable,
                        detail:
                            "\(path): another process holds its turn for \(patience): one that is paused must go on, or end"
                    )
                }
                usleep(pause)
                pause = min(5_000, pause * 2)
            }
            defer { flock(descriptor, LOCK_UN) }
            return try body()
        }
    }
}
