import Crypto
import Ledger
import Records

extension KeysCertified.Predecessor {
    /// Whether the checkpoint says of the log what the other fields repeat.
    ///
    /// Its signature is one of the log before, whose keys this log does not know.
    var isConsistent: Bool {
        guard let bytes = Base64.decode(checkpoint), let note = String(validating: bytes, as: UTF8.self),
            let released = try? Checkpoint(note: note)
        else { return false }
        return released.origin == origin && released.size == size && released.root.hex == root
    }
}
