import Crypto
import Ledger

/// A command on its way into a batch, signed ahead where its place can be foretold.
///
/// Signing costs more than all the rest and needs no transaction. An event that begins a stream has no predecessor, so
/// of all that is signed only the time of recording and the key are guesses. The planner, inside the transaction, takes
/// such an entry when place, time and key are the ones it would have given; otherwise it signs the event itself.
struct Candidate: Sendable {
    let append: Append
    /// When the command came; the time of recording, unless the log is already further.
    let acceptedAt: Timestamp
    /// For each proposal the entry that was made ahead; nil where there is a predecessor.
    let signed: [SignedEvent?]

    init(_ append: Append, keys: LogKeys, acceptedAt: Timestamp) {
        (self.append, self.acceptedAt) = (append, acceptedAt)
        guard let signer = keys.likelyEventSigner else {
            signed = append.proposals.map { _ in nil }
            return
        }
        var begun: Set<String> = []
        signed = append.proposals.map { proposal in
            let draft = proposal.draft
            guard append.preconditions[draft.stream] == .absent, begun.insert(draft.stream).inserted else { return nil }
            let envelope = draft.envelope(log: keys.origin, version: 0, previous: nil, recordedAt: acceptedAt)
            guard envelope.count <= Entry.maximumEnvelopeSize else { return nil }  // the planner says why
            // A signer that fails now may answer when the event has its place.
            return try? SignedEvent(
                envelope, digest: SHA256.hash(envelope), version: 0, recordedAt: acceptedAt, signer: signer)
        }
    }

    /// An upper bound of the bytes to store.
    var estimatedSize: Int { append.proposals.reduce(0) { $0 + $1.draft.estimatedSize } }
}
