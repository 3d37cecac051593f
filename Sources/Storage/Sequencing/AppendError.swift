/// Why nothing was recorded.
public enum AppendError: Error, Hashable, Sendable {
    /// A stream is not where the command expected it; decide again.
    case conflict(stream: String)
    /// Control events came in between; reload and decide again.
    case staleEpoch
    /// The same command is being recorded at this moment; ask again.
    case inFlight
    /// The idempotency key was used for another request.
    case idempotencyMismatch
    /// Too much is queued; try again after the given seconds.
    case overloaded(retryAfterSeconds: Int)
    /// The database is behind the checkpoint lock: read-only until the missing entries are replayed.
    case behind(size: UInt64, locked: UInt64)
    /// The database contradicts the checkpoint lock.
    case forked(size: UInt64)
    /// The checkpoint lock holds no note of this log, or an older one than it held before.
    case lockForeign
    /// The checkpoint lock is empty although a checkpoint was released.
    case lockLost
    /// This process has not the private keys that count now, or may not use them.
    case readOnly
    /// What holds the keys cannot be asked at the moment; nothing was recorded.
    case signerUnavailable
    /// An entry over 32 KiB, or fields that cannot be encoded.
    case invalid(String)
    /// The store failed; nothing was recorded.
    case store(StorageError.Code)
    /// The store failed during COMMIT and does not answer: repeat the command with the same idempotency key.
    case outcomeUnknown
}
