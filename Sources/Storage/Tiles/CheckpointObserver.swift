public import Ledger

/// Hears of each checkpoint that is published, so that others may vouch for it too.
public protocol CheckpointObserver: Sendable {
    /// Adds signatures to the checkpoint that is told of, wherever it still is the published one.
    ///
    /// - Returns: whether it is published with them anywhere.
    typealias Adding = @Sendable (_ signatures: [SignedNote.Signature]) async -> Bool

    /// Called after a checkpoint was published, and once after a start for the one that is published already.
    ///
    /// The next publication waits for the return, so whoever asks others does so in a task of its own.
    ///
    /// - Parameters:
    ///   - checkpoint: what is published now.
    ///   - previous: what this process told of before it; nil the first time.
    ///   - add: may be called at any later time.
    func published(
        _ checkpoint: SignedCheckpoint, after previous: SignedCheckpoint?, adding add: @escaping Adding) async
}
