/// What a process has just done on the way from a command to its answer: it may die after each of them.
public enum AppendStep: Hashable, Sendable {
    /// Told of each step on the thread that takes it; tests end their process there.
    public typealias Observer = @Sendable (AppendStep) -> Void

    /// A batch is numbered and signed within its transaction; nothing is written yet.
    case planned
    /// The batch is in the database for good.
    case committed
    /// A checkpoint over it is signed; nobody has seen the note.
    case signed(note: String)
    /// That checkpoint, or a later one, is in the lock.
    case locked(note: String)
    /// The caller of one command was answered.
    case acknowledged
}
