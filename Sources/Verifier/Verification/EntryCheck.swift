import Crypto
import Ledger

/// An entry by itself: it is of the log, and signed by the key that counts at its index.
enum EntryCheck {
    /// What is wrong with an entry.
    struct Fault: Error {
        let code: VerificationCode
        let sentence: String
    }

    /// The envelope of an entry that is as it must be.
    static func envelope(
        of entry: Entry, at index: UInt64, keys: CertifiedKeys, origin: String
    ) throws(Fault) -> Envelope {
        let envelope: Envelope
        do throws(LedgerError) { envelope = try Envelope(parsing: entry.envelope) } catch {
            throw Fault(code: .entrySignature, sentence: "The envelope of entry \(index) is malformed: \(error).")
        }
        guard envelope.log.utf8.elementsEqual(origin.utf8) else {
            throw Fault(code: .entryKey, sentence: "Entry \(index) belongs to another log.")
        }
        guard let key = keys.eventKey(at: index), key.keyID == entry.keyID else {
            throw Fault(
                code: .entryKey, sentence: "Entry \(index) names another key than the event key that counts there.")
        }
        guard entry.verify(with: key) else {
            throw Fault(code: .entrySignature, sentence: "The signature of entry \(index) does not hold.")
        }
        return envelope
    }
}
