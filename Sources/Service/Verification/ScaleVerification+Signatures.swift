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
        flags = VerificationReport.Flag.list(keys, size: head.size)
        if let finding { add(finding) }
        if let begun, root != begun.root {
            add("tiles", nil, "The tree of the \(begun.size) entries that were verified before is another one now.")
        }
        var size = begun?.size ?? 0
        if findings.isEmpty {
            do {
                try await EntryStream(log: log).read(
                    from: size, to: head.size,
                    gather: { reader, range throws(StorageError) in
                        let entries = try reader.bytes(from: range.lowerBound, limit: range.count)
                        return (entries, entries.count)
                    },
                    prepare: { first, entries in
                        for (offset, bytes) in entries.enumerated() {
                            let index = first + UInt64(offset)
                            if let finding = keys.signatureFinding(of: bytes, at: index) { return (index, finding) }
                        }
                        return (first + UInt64(entries.count), nil)
                    }
                ) { (end: UInt64, finding: LedgerFinding?) in
                    size = end
                    progress(size, head.size)
                    if let finding { add(finding) }
                    return finding == nil
                }
            } catch { try add(error, at: size) }
        }
        if findings.isEmpty { try save(size: head.size, root: head.root) }
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

}
