/// What a policy says of a checkpoint whose signatures hold.
public struct PolicyVerdict: Hashable, Sendable {
    /// A witness that cosigned.
    public struct Cosigner: Hashable, Sendable {
        public let witness: Policy.Witness
        /// When it did, by its own clock, in seconds since 1970.
        public let time: UInt64
    }

    public let checkpoint: Checkpoint
    /// The key of the log that signed.
    public let log: VerifierKey
    /// In the order of the policy.
    public let cosigners: [Cosigner]
    /// The witnesses of the policy that did not cosign.
    public let missing: [Policy.Witness]
    /// Whether the cosigners satisfy the quorum.
    public let isQuorumMet: Bool
}

extension Policy {
    /// Verifies a note's signatures and asks for log and quorum.
    ///
    /// - Parameters:
    ///   - note: a checkpoint with all its signature lines.
    ///   - known: keys of logs that are believed for other reasons, when the policy names no log.
    /// - Returns: who signed; a quorum that is not met is no error, the verdict says so.
    /// - Throws: `.signature` when no believed log signed under its origin, or when a signature of any key of the
    ///   policy does not hold; `.checkpoint`.
    public func check(_ note: SignedNote, known: [VerifierKey] = []) throws(LedgerError) -> PolicyVerdict {
        let logKeys = logs.isEmpty ? known.filter { $0.algorithm == .ed25519 } : logs.map(\.key)
        let verified = try note.verify(with: logKeys + witnesses.map(\.key))
        let checkpoint = try Checkpoint(text: note.text)
        let log = logKeys.first { verified.contains($0) && $0.name.utf8.elementsEqual(checkpoint.origin.utf8) }
        guard let log else { throw LedgerError(.signature, "not signed by a log of the policy") }
        let cosigners = witnesses.compactMap { witness in
            note.cosignatureTime(of: witness.key).map { PolicyVerdict.Cosigner(witness: witness, time: $0) }
        }
        let names = Set(cosigners.map(\.witness.name))
        return PolicyVerdict(
            checkpoint: checkpoint, log: log, cosigners: cosigners,
            missing: witnesses.filter { !names.contains($0.name) }, isQuorumMet: isQuorumMet(by: names))
    }
}

extension SignedNote {
    /// The newest time among the cosignatures of a witness, in seconds since 1970; they must have been verified.
    fileprivate func cosignatureTime(of key: VerifierKey) -> UInt64? {
        signatures.filter { $0.keyID == key.id && $0.name.utf8.elementsEqual(key.name.utf8) }
            .compactMap(\.cosignatureTime).max()
    }
}
