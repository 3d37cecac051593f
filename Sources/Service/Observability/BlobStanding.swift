import Storage

/// What is known of the store that pictures are kept in.
struct BlobStanding: Sendable {
    /// The question that was asked last, and when; whoever asks meanwhile, or right after a good answer, shares it.
    var asked: (at: ContinuousClock.Instant, answer: Task<HealthView.Check, Never>)?
    /// When there was no room for a picture, unless one was kept since: such a store answers questions all the same.
    var full: (at: ContinuousClock.Instant, error: StorageError)?
}
