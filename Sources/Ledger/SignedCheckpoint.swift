/// A checkpoint whose log was found to have signed it, and the note that says so.
public struct SignedCheckpoint: Hashable, Sendable {
    /// The note, with the signatures of others where there are some.
    public let note: String
    public let checkpoint: Checkpoint

    /// Takes a note that was verified.
    public init(note: String, checkpoint: Checkpoint) { (self.note, self.checkpoint) = (note, checkpoint) }
}
