public import Crypto
public import Ledger

/// One command's wish to the sequencer: events that are recorded together or not at all.
public struct Append: Sendable {
    /// An event without the fields that only the sequencer can know.
    public struct Proposal: Sendable {
        public let draft: EnvelopeDraft
        /// Whether it moves the epoch.
        public let isControl: Bool

        public init(draft: EnvelopeDraft, isControl: Bool) { (self.draft, self.isControl) = (draft, isControl) }
    }

    /// What must hold of a stream when the batch is numbered.
    public enum Expectation: Hashable, Sendable {
        /// It has no events yet.
        case absent
        /// Its last event has this version.
        case version(UInt64)
    }

    /// What recognises a repetition of the command.
    public struct Idempotency: Hashable, Sendable {
        public let principal: String
        public let key: String
        public let request: String

        public init(principal: String, key: String, request: String) {
            (self.principal, self.key, self.request) = (principal, key, request)
        }
    }

    public let proposals: [Proposal]
    public let preconditions: [String: Expectation]
    public let idempotency: Idempotency?
    /// The epoch under which the command was decided; nil when it does not depend on control events.
    public let epoch: UInt64?
    /// Private keys that the events certify; they sign from the first index on at which they count.
    public let signers: [any Signer]

    public init(
        _ proposals: [Proposal], preconditions: [String: Expectation] = [:], idempotency: Idempotency? = nil,
        epoch: UInt64? = nil, signers: [any Signer] = []
    ) {
        (self.proposals, self.preconditions) = (proposals, preconditions)
        (self.idempotency, self.epoch, self.signers) = (idempotency, epoch, signers)
    }
}
