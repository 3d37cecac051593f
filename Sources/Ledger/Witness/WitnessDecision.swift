/// What a witness does with a request to cosign, by the rules of C2SP tlog-witness alone: no clock, no storage.
public enum WitnessDecision: Hashable, Sendable {
    /// The checkpoint continues what was cosigned last: remember it, then cosign the note.
    case cosign(Checkpoint, SignedNote)
    case refuse(Refusal)

    /// Why a witness does not cosign.
    public enum Refusal: Hashable, Sendable {
        /// Nothing that could be a request, or an old size above that of the checkpoint: 400.
        case malformed(LedgerError)
        /// Not signed by a key that is trusted for the origin, or not rightly: 403.
        case untrusted
        /// A log that is not witnessed here: 404.
        case unknownLog
        /// Another size was cosigned last, this one: 409.
        case stale(cosigned: UInt64)
        /// The proof does not lead from the tree that was cosigned last to this one: 422.
        case inconsistent

        /// The HTTP status.
        public var status: Int {
            switch self {
            case .malformed: 400
            case .untrusted: 403
            case .unknownLog: 404
            case .stale: 409
            case .inconsistent: 422
            }
        }
    }

    /// Decides.
    ///
    /// - Parameters:
    ///   - request: what the log sent.
    ///   - keys: the keys that are trusted for logs, each named as its origin.
    ///   - cosigned: gives the checkpoint that was cosigned last for an origin; nil when none ever was.
    /// - Throws: what `cosigned` throws.
    public init<Failure: Error>(
        _ request: AddCheckpoint, keys: [VerifierKey], cosigned: (String) throws(Failure) -> Checkpoint?
    ) throws(Failure) {
        let checkpoint: Checkpoint
        do { checkpoint = try Checkpoint(text: request.note.text) } catch {
            self = .refuse(.malformed(error))
            return
        }
        let trusted = keys.filter {
            $0.algorithm == .ed25519 && $0.name.utf8.elementsEqual(checkpoint.origin.utf8)
        }
        guard !trusted.isEmpty else {
            self = .refuse(.unknownLog)
            return
        }
        guard let signed = try? request.note.verify(with: trusted) else {
            self = .refuse(.untrusted)
            return
        }
        guard request.old <= checkpoint.size else {
            self = .refuse(.malformed(LedgerError(.proof, "old size above the checkpoint's")))
            return
        }
        let last = try cosigned(checkpoint.origin)
        let size = last?.size ?? 0
        guard request.old == size else {
            self = .refuse(.stale(cosigned: size))
            return
        }
        let proof = ConsistencyProof(old: size, new: checkpoint.size, hashes: request.hashes)
        guard proof.verify(oldRoot: last?.root ?? Merkle.emptyRoot, newRoot: checkpoint.root) else {
            self = .refuse(.inconsistent)
            return
        }
        self = .cosign(checkpoint, request.note.keeping(signed))
    }
}

extension SignedNote {
    /// The note with the signatures of these keys only, of each key one.
    fileprivate func keeping(_ keys: Set<VerifierKey>) -> SignedNote {
        let kept = keys.compactMap { key in
            signatures.first { $0.keyID == key.id && $0.name.utf8.elementsEqual(key.name.utf8) }
        }
        return SignedNote(text: text, signers: []).adding(kept.sorted { $0.keyID < $1.keyID })
    }
}
