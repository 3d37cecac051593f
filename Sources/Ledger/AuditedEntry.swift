import Crypto
import Dispatch

/// What can be said of an entry without its predecessors, so that many are looked at in parallel.
struct AuditedEntry: Sendable {
    let content: Result<(Entry, Envelope), LedgerError>
    let leafHash: Digest
    let envelopeDigest: Digest
    /// Nil when the key that the entry names is not known.
    let isSignatureValid: Bool?

    init(_ bytes: [UInt8], keys: AuditKeys) {
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
    static func concurrently(_ entries: [[UInt8]], keys: AuditKeys) -> [AuditedEntry] {
        let chunk = 32
        guard entries.count > chunk else { return entries.map { AuditedEntry($0, keys: keys) } }
        return unsafe [AuditedEntry](unsafeUninitializedCapacity: entries.count) { buffer, count in
            nonisolated(unsafe) let results = unsafe buffer
            DispatchQueue.concurrentPerform(iterations: (entries.count + chunk - 1) / chunk) { part in
                // Each part writes places of its own.
                for position in part * chunk..<min((part + 1) * chunk, entries.count) {
                    unsafe results.initializeElement(at: position, to: AuditedEntry(entries[position], keys: keys))
                }
            }
            count = entries.count
        }
    }
}
