import Crypto
import Ledger

/// What a reader holds, compared with the log that an export or a passport shows.
struct Holdings {
    let expectations: [Holding]

    /// What contradicts the root key or the origin; nil when nothing does.
    func contradiction(root: Ed25519.PublicKey, origin: String) -> String? {
        for expectation in expectations {
            switch expectation {
            case .root(let key) where key != root: return "Its root key is not the one that you hold."
            case .verifierKey(let key) where !key.name.utf8.elementsEqual(origin.utf8):
                return "It is of the log \(origin), your verifier key of \(key.name)."
            case .passport(let passport) where passport.rootKey != root:
                return "Its root key is not that of your passport."
            default: break
            }
            if let held = expectation.heldCheckpoint, !held.checkpoint.origin.utf8.elementsEqual(origin.utf8) {
                return "It is of the log \(origin), what you hold is of \(held.checkpoint.origin)."
            }
        }
        return nil
    }

    /// What the checks that passed say of what is held.
    func describe(in book: inout CheckBook) {
        book.pass(.expectedRoot, "It is the one that you hold.")
        book.pass(.heldCheckpoints, "The tree is one with those that you hold, of \(sizes.sorted()) entries.")
        book.pass(.heldRecords, "What you hold is in it.")
        book.pass(
            .compromise, "No key that vouches for this was reported as compromised, as far as the key history goes.")
        book.pass(.start, "It started from what you gave, not from what was to be checked.")
    }

    /// Whether there is something to start from.
    var hasAnchor: Bool { expectations.contains(where: \.isAnchor) }

    /// Whether the root key itself is held.
    var hasRoot: Bool {
        expectations.contains {
            switch $0 {
            case .root, .passport: true
            default: false
            }
        }
    }

    /// The sizes of the checkpoints that are held.
    var sizes: Set<UInt64> { Set(expectations.compactMap { $0.heldCheckpoint?.checkpoint.size }) }

    /// The records that must be inside, by their hashes.
    var records: Set<Digest> {
        Set(
            expectations.compactMap {
                guard case .record(let entry) = $0 else { return nil }
                return Entry.hash(entry.bytes)
            })
    }

    /// Whether an entry at an index is what a proof or passport that is held says; a sentence when it is not.
    func contradiction(index: UInt64, hash: Digest) -> String? {
        for expectation in expectations {
            switch expectation {
            case .passport(let passport) where passport.proof.index == index:
                if Entry.hash(passport.entry.bytes) != hash { return "Entry \(index) is not that of your passport." }
            case .proof(let proof, let held) where proof.index == index:
                let inclusion = InclusionProof(index: index, size: held.checkpoint.size, hashes: proof.hashes)
                if !inclusion.verify(leaf: hash, root: held.checkpoint.root) {
                    return "Entry \(index) is not the one that your proof is for."
                }
            default: break
            }
        }
        return nil
    }

    /// Compares held checkpoints and verifier keys with the tree.
    ///
    /// - Parameters:
    ///   - keys: the log's own.
    ///   - checkpoint: the one that everything is proved in.
    ///   - known: consistency proofs by their sizes.
    ///   - roots: roots that were computed from entries, by their sizes.
    /// - Returns: what contradicts; nil when nothing does.
    func contradiction(
        keys: CertifiedKeys, checkpoint: Checkpoint, known: [UInt64: [Digest]], roots: [UInt64: Digest]
    ) -> String? {
        for expectation in expectations {
            if case .verifierKey(let key) = expectation, !keys.checkpointKeys.contains(key.key) {
                return "Your verifier key is none of the log's checkpoint keys."
            }
            guard let held = expectation.heldCheckpoint else { continue }
            if let sentence = Self.contradiction(held, keys, checkpoint, known: known, roots: roots) { return sentence }
        }
        return nil
    }

    static func contradiction(
        _ held: Holding.HeldCheckpoint, _ keys: CertifiedKeys, _ checkpoint: Checkpoint,
        known: [UInt64: [Digest]], roots: [UInt64: Digest]
    ) -> String? {
        let (size, root) = (held.checkpoint.size, held.checkpoint.root)
        guard let key = keys.checkpointKey(size: size),
            let verified = try? held.note.verify(with: [VerifierKey(name: checkpoint.origin, key: key)]),
            !verified.isEmpty
        else { return "The checkpoint of \(size) entries is not signed by the log's key for that size." }
        if size == checkpoint.size {
            return root == checkpoint.root ? nil : "The log signed another tree of \(size) entries: a split view."
        }
        if let computed = roots[size] {
            return computed == root
                ? nil : "The first \(size) entries make another root than your checkpoint: a split view."
        }
        guard size < checkpoint.size, let hashes = known[size] else {
            return
                "Nothing here proves that the tree continues your checkpoint of \(size) entries; ask for an export that names it (--known)."
        }
        let proof = ConsistencyProof(old: size, new: checkpoint.size, hashes: hashes)
        return proof.verify(oldRoot: root, newRoot: checkpoint.root)
            ? nil : "The tree does not continue your checkpoint of \(size) entries: a split view, or a wrong proof."
    }
}

extension CertifiedKeys {
    /// Every checkpoint key that was certified.
    var checkpointKeys: Set<Ed25519.PublicKey> {
        Set(certificates.filter { $0.purpose == .checkpoint }.map(\.key))
    }
}
