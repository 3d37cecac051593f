import Concurrency
import Crypto
import Ledger
import Storage

extension ScaleVerification {
    /// Verifies the signature of every entry, on all cores, under the key that is valid at its index.
    mutating func verifySignatures() async throws(ServiceError) -> VerificationReport {
        let (ring, begun) = (ring, begun)
        let head: Head, keys: CertifiedKeys, finding: LedgerFinding?, root: Digest?
        do {
            (head, keys, finding, root) = try await log.read { reader throws(StorageError) in
                let (keys, finding) = try Self.keys(ring, reading: reader)
                let root = begun.flatMap { try? Merkle.root(size: $0.size, reading: reader) }
                return (try reader.head() ?? .empty, keys, finding, root)
            }
        } catch { throw ServiceError(error) }
        if let finding { add(finding) }
        if let begun, root != begun.root {
            add("tiles", nil, "The tree of the \(begun.size) entries that were verified before is another one now.")
        }
        var size = begun?.size ?? 0
        if findings.isEmpty {
            do {
                try await EntryStream(log: log).read(from: size, to: head.size) { first, entries in
                    let places = entries.enumerated().map { (index: first + UInt64($0), bytes: $1) }
                    let finding = concurrentMap(places) { keys.signatureFinding(of: $0.bytes, at: $0.index) }
                        .lazy.compactMap(\.self).first
                    size = finding?.index ?? first + UInt64(entries.count)
                    progress(size, head.size)
                    if let finding { add(finding) }
                    return finding == nil
                }
            } catch { try add(error, at: size) }
        }
        if findings.isEmpty { try await saveSignatures(head) }
        return report(
            size: size, root: head.root,
            checks: [
                check(
                    "entries", "frozen layout, Ed25519 (RFC 8032) over DSSE",
                    "\(size) signatures, keys certified by the pinned root",
                    codes: [
                        "layout", "canonical", "key", "signature", "root", "origin", "missing", "tiles",
                        "store-corrupt",
                        "store-unavailable",
                    ], isComplete: findings.isEmpty)
            ])
    }

    private func saveSignatures(_ head: Head) async throws(ServiceError) { try save(size: head.size, root: head.root) }
}
