import Concurrency
import Crypto

/// What can be said of an entry without its predecessors, so that many are looked at in parallel.
struct AuditedEntry: Sendable {
    let content: Result<(Entry, Envelope), LedgerError>
    let leafHash: Digest
    let envelopeDigest: Digest
    /// Nil when the key that the entry names is not known.
    let isSignatureValid: Bool?

    init(_ bytes: [UInt8], keys: CertifiedKeys) {
        do throws(LedgerError) {
            let entry = try Entry(decoding: bytes)
            content = .success((entry, try Envelope(parsing: entry.envelope)))
            leafHash = Entry.hash(bytes)
            envelopeDigest = entry.envelopeDigest
            isSignatureValid = keys.eventKeys[entry.keyID].map { entry.verify(with: $0) }
        } catch {
            content = .failure(error)
            (leafHash, envelopeDigest, isSignatureValid) = (.zero, .zero, nil)
        }
    }

    /// Looks at entries on all cores, keeping their order.
    static func concurrently(_ entries: [[UInt8]], keys: CertifiedKeys) -> [AuditedEntry] {
        concurrentMap(entries, minimumChunk: 32) { AuditedEntry($0, keys: keys) }
    }
}
