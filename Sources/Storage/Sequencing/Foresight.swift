import Ledger

/// What a process knows of its log without asking, as long as nobody else adds to it: the head that it left there, and what
/// it added lately.
///
/// A batch may be planned upon it, which saves two of three trips to a server. Nothing rests on its truth: the store takes
/// such a batch only upon the same head, and refuses what is there already; then the log itself is asked.
struct Foresight: Sendable {
    /// How many batches in a row must find the log where it was left; among several busy processes guesses fail.
    private static let trust = 8
    /// How many streams and keys are remembered before the older half is forgotten.
    private static let memory = 1_024

    /// Nil before the first batch.
    private(set) var head: Head?
    private var followed = 0
    private var ends = Recent<StoredEntry>()
    private var keys = Recent<Void>()

    /// Takes note of a batch that is in the log, and whether it found the log as it was left.
    mutating func note(_ write: BatchWrite, isFollowed: Bool) {
        head = write.head
        followed = isFollowed ? followed + 1 : 0
        if !isFollowed { ends = Recent() }
        for entry in write.entries { ends.remember(entry, as: entry.stream) }
        for record in write.idempotency { keys.remember((), as: record.name) }
    }

    /// A guess was wrong, or a store did not answer.
    mutating func forget() { self = Foresight() }

    /// Answers what commands depend on; nil when it is better to ask.
    func reader(for candidates: [Candidate]) -> ForesightReader? {
        guard followed >= Self.trust, let head else { return nil }
        var known: [StoredEntry] = []
        for append in candidates.map(\.append) {
            if let key = append.idempotency, keys[IdempotencyRecord.name(key.principal, key.key)] != nil { return nil }
            let written = Set(append.proposals.map(\.draft.stream))
            for stream in written.union(append.preconditions.keys) {
                if let end = ends[stream] {
                    known.append(end)
                } else if append.preconditions[stream] != .absent || !written.contains(stream) {
                    return nil  // the store refuses a stream that exists only where it is written
                }
            }
        }
        return ForesightReader(known: head, ends: known)
    }

    /// Values by name, of which those that were not renewed for long are forgotten.
    private struct Recent<Value: Sendable>: Sendable {
        private var newer: [String: Value] = [:]
        private var older: [String: Value] = [:]

        subscript(name: String) -> Value? { newer[name] ?? older[name] }

        mutating func remember(_ value: Value, as name: String) {
            newer[name] = value
            guard newer.count >= Foresight.memory / 2 else { return }
            (newer, older) = ([:], newer)
        }
    }
}
