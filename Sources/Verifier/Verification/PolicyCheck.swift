import Ledger

/// Asks a policy whether it believes a checkpoint.
enum PolicyCheck {
    /// Asks.
    ///
    /// `isOwn` says whether the policy is the reader's, not the one that came along. `known` are the log's keys that are
    /// believed for other reasons; they count when the policy names no log.
    static func run(
        _ policy: Policy?, isOwn: Bool, _ note: SignedNote, known: [VerifierKey], _ book: inout CheckBook
    ) {
        guard let policy else { return book.skip(.policy, "There is no policy.") }
        let whose = isOwn ? "Your policy" : "The policy that came along"
        do throws(LedgerError) {
            let verdict = try policy.check(note, known: known)
            guard verdict.isQuorumMet else {
                let missing = verdict.missing.map { "\($0.name)" }.joined(separator: ", ")
                return book.fail(.policy, .policy, "\(whose) is not met: no cosignature of \(missing).")
            }
            let names = verdict.cosigners.map { "\($0.witness.name)" }.joined(separator: ", ")
            book.pass(
                .policy,
                names.isEmpty ? "\(whose) is met; it asks for no witness." : "\(whose) is met: cosigned by \(names).")
        } catch { book.fail(.policy, .policy, "\(whose) does not believe the checkpoint: \(error).") }
    }
}
