import Crypto
public import Ledger

/// Verifies a tlog-proof for an entry that the reader holds as a DSSE line.
public enum ProofVerification {
    /// Verifies the file's text.
    public static func run(
        _ text: String, expecting: [Holding] = [], policy: Policy? = nil
    ) -> VerificationVerdict {
        var book = CheckBook(
            kind: "proof",
            leavingOut: [
                .files, .digests, .expectedRoot, .keys, .manifestSignature, .entries, .contents, .order, .counts,
                .filters, .streams, .renderings, .stamps, .heldCheckpoints, .compromise,
            ])
        guard let proof = try? TLogProof(parsing: text), let held = try? Holding.HeldCheckpoint(proof.checkpoint)
        else { return .malformed("proof", "It is no export, no passport, and no tlog-proof with a checkpoint.") }
        let checkpoint = held.checkpoint
        let keys = expecting.compactMap { expectation -> VerifierKey? in
            guard case .verifierKey(let key) = expectation, key.name.utf8.elementsEqual(checkpoint.origin.utf8) else {
                return nil
            }
            return key
        }
        if keys.isEmpty {
            book.skip(.checkpoint, "You gave no verifier key of this log.")
        } else if (try? held.note.verify(with: keys)) == nil {
            book.fail(.checkpoint, .checkpointSignature, "The checkpoint is not signed by the key that you hold.")
        } else {
            book.pass(.checkpoint, "Signed by the key that you hold.")
        }
        let records = expecting.compactMap { expectation -> Digest? in
            guard case .record(let entry) = expectation else { return nil }
            return Entry.hash(entry.bytes)
        }
        if records.isEmpty {
            book.fail(
                .heldRecords, .expectationRecord, "Name the entry that the proof is for with --expect (a DSSE line).")
        }
        for leaf in records {
            let inclusion = InclusionProof(index: proof.index, size: checkpoint.size, hashes: proof.hashes)
            guard !inclusion.verify(leaf: leaf, root: checkpoint.root) else { continue }
            book.fail(
                .inclusion, .inclusion, "Your record is not in the tree of the checkpoint at index \(proof.index).")
        }
        PolicyCheck.run(policy, isOwn: true, held.note, known: keys, &book)
        if keys.isEmpty, policy?.logs.isEmpty ?? true {
            book.fail(.start, .unanchored, "Give the log's verifier key with --expect, or a policy.")
        }
        book.pass(.form, "A tlog-proof with a checkpoint.")
        book.pass(.inclusion, "The entry is in the tree at index \(proof.index).")
        book.leaveUnchecked("The entry's own signature: a proof brings no key history; a passport or an export does.")
        return book.verdict(
            origin: checkpoint.origin, size: checkpoint.size, root: checkpoint.root.hex,
            success: "Verified: your record is entry \(proof.index) of \(checkpoint.size).")
    }
}
