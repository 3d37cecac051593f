import Crypto

extension CertifiedKeys {
    /// What the keys say of a checkpoint that was found in the name of the log.
    public enum NoteVerdict: Hashable, Sendable {
        /// The key that counts at its size has signed it.
        case signed(Checkpoint)
        /// It claims a larger tree, under a key that is not known: one that may have been certified in what is missing.
        case later(size: UInt64)
        /// It is of another log, or not signed by the key that counts at its size.
        case foreign
    }

    /// The key that checkpoints of a tree of `size` entries are signed with, as notes and policies name it.
    public func verifierKey(of origin: String, size: UInt64) -> VerifierKey? {
        checkpointKey(size: size).map { VerifierKey(name: origin, key: $0) }
    }

    /// Judges a checkpoint by what is known of the first `size` entries.
    public func judge(_ note: String, of origin: String, size: UInt64) -> NoteVerdict {
        guard let read = try? SignedNote(parsing: note), let claimed = try? Checkpoint(text: read.text),
            claimed.origin.utf8.elementsEqual(origin.utf8)
        else { return .foreign }
        if let key = verifierKey(of: origin, size: claimed.size),
            let signed = try? Checkpoint(note: note, signedBy: [key])
        {
            return .signed(signed)
        }
        let known = Set(history.filter { $0.purpose == .checkpoint }.map { VerifierKey(name: origin, key: $0.key).id })
        let isByUnknownKey = read.signatures.contains {
            $0.name.utf8.elementsEqual(origin.utf8) && !known.contains($0.keyID)
        }
        return claimed.size > size && isByUnknownKey ? .later(size: claimed.size) : .foreign
    }
}
