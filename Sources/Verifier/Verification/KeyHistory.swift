import Crypto
import Ledger

/// The keys of a log as an export or a passport tells of them, verified from the root key alone.
struct KeyHistory {
    /// The first thing that is wrong.
    struct Fault: Error { let sentence: String }

    private(set) var keys: CertifiedKeys

    /// Verifies every entry of stream `keys`, in order, from the first entry of the log on.
    ///
    /// That they are in the tree is another question.
    init(_ lines: [ProvenLine], root: Ed25519.PublicKey, origin: String, size: UInt64) throws(Fault) {
        keys = CertifiedKeys(pinnedRoot: root, origin: origin)
        var previous: (index: UInt64, version: UInt64, digest: Digest)?
        for line in lines {
            let envelope: Envelope
            do throws(LedgerFinding) { envelope = try keys.check(line.entry.bytes, at: line.index) } catch {
                throw Fault(sentence: "Entry \(error.index) of the key history: \(error.sentence)")
            }
            guard envelope.stream == "keys", line.index < size,
                previous.map({ $0.index < line.index }) ?? (line.index == 0),
                envelope.version == previous.map({ $0.version + 1 }) ?? 0, envelope.previous == previous?.digest
            else {
                throw Fault(
                    sentence: "Entry \(line.index) does not follow in the key history: a part of it is missing.")
            }
            previous = (line.index, envelope.version, line.entry.envelopeDigest)
        }
        guard previous != nil else { throw Fault(sentence: "There is no key history.") }
    }
}
