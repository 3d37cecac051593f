import CanonicalJSON
import Crypto
import Ledger

/// What can be said of one line of `entries.jsonl` by itself, so that many are looked at in parallel.
struct CheckedLine: Sendable {
    /// What is checked against.
    struct Context: Sendable {
        /// Nil when the key history does not hold: only the form is looked at then.
        let keys: CertifiedKeys?
        let origin: String
        let size: UInt64
        let root: Digest
        let matcher: EntryMatcher
    }

    /// A line with its place, as far as there is one.
    struct Input: Sendable {
        let line: [UInt8]
        /// The index in a complete export.
        let index: UInt64?
        /// The line of `proofs.jsonl` in an authentic one.
        let proof: [UInt8]?
        let needsRow: Bool
    }

    /// What is wrong with its form.
    private(set) var malformation: String?
    private(set) var index: UInt64 = 0
    private(set) var hash = Digest.zero
    private(set) var envelopeDigest = Digest.zero
    private(set) var envelope: Envelope?
    /// What is wrong with envelope, key or signature.
    private(set) var fault: EntryCheck.Fault?
    private(set) var isIncluded = true
    private(set) var isMatching = false
    private(set) var csv: [UInt8] = []
    private(set) var row: [UInt8] = []

    init(_ input: Input, _ context: Context) {
        let entry: Entry
        do throws(LedgerError) {
            entry = try Entry(dsseLine: input.line)
            if let line = input.proof {
                let proof = try Self.proof(line)
                index = proof.index
                hash = Entry.hash(entry.bytes)
                isIncluded = InclusionProof(index: index, size: context.size, hashes: proof.hashes)
                    .verify(leaf: hash, root: context.root)
            } else {
                index = input.index ?? 0
                hash = Entry.hash(entry.bytes)
            }
        } catch {
            malformation = error.description
            return
        }
        guard let keys = context.keys else { return }
        do throws(EntryCheck.Fault) {
            envelope = try EntryCheck.envelope(of: entry, at: index, keys: keys, origin: context.origin)
        } catch {
            fault = error
            return
        }
        envelopeDigest = entry.envelopeDigest
        let facts = EnvelopeFacts(entry.envelope)
        isMatching = context.matcher.matches(facts)
        guard isMatching else { return }
        ExportRow.writeCSV(facts, index: index, hash: hash, into: &csv)
        if input.needsRow { ExportRow.writeHTML(facts, index: index, hash: hash, into: &row) }
    }

    private static func proof(_ line: [UInt8]) throws(LedgerError) -> ProofLine {
        let value: JSONValue
        do { value = try JSONValue.parse(line) } catch { throw LedgerError(.canonical, error.description) }
        return try ProofLine(value)
    }
}
