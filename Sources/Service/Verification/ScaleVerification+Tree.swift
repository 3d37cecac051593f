import Crypto
import Ledger
import Storage

extension ScaleVerification {
    /// How many seconds pass between two notes of how far it came.
    private static let seconds = 30

    /// Hashes every entry anew and holds the tree, the order in each stream, time and the lock against it.
    mutating func verifyTree() async throws(ServiceError) -> VerificationReport {
        var auditor = TreeAuditor()
        if let begun, let resume {
            guard let earlier = try? TreeAuditor(decoding: begun.body), earlier.size == begun.size,
                earlier.root == begun.root
            else { throw VerificationProgress.unusable(resume, mode) }
            auditor = earlier
        }
        let head: Head
        do { head = try await log.read { reader throws(StorageError) in try reader.head() ?? .empty } } catch {
            throw ServiceError(error)
        }
        if auditor.size > head.size {
            add("missing", head.size, "The head speaks of \(head.size) entries; \(auditor.size) were verified before.")
        } else {
            try await read(to: head.size, with: &auditor)
        }
        let isComplete = findings.isEmpty
        if isComplete {
            if auditor.root != head.root || auditor.lastRecordedAt != head.recordedAt {
                add("head", head.size, "The head row is not what the entries make.")
            }
            try await compareEnd(of: auditor)
            try save(size: auditor.size, root: auditor.root, body: auditor.encoded())
        }
        add(lock.ownFindings)
        return report(
            size: auditor.size, root: auditor.root,
            checks: [
                check(
                    "streams", "versions dense, predecessor digests, time never goes back",
                    "every stream without a hole",
                    codes: ["stream-order", "previous", "time", "canonical", "layout"], isComplete: isComplete),
                check(
                    "tree", "RFC 6962, tiles as C2SP tlog-tiles", "root \(auditor.root.hex)",
                    codes: ["tiles", "head", "missing", "store-corrupt", "store-unavailable"], isComplete: isComplete),
                check(
                    "lock", "C2SP signed checkpoint, never behind, never another tree", "the released checkpoint",
                    codes: ["lock", "lock-missing", "behind", "forked", "root", "key"], isComplete: isComplete),
            ])
    }

    private mutating func read(to end: UInt64, with auditor: inout TreeAuditor) async throws(ServiceError) {
        var saved = ContinuousClock.now
        do {
            try await EntryStream(log: log).read(
                from: auditor.size, to: end, prepare: { TreeAuditor.Part($1) }
            ) { part in
                let full = try auditor.check(part).filter { $0.hashes.count == HashTile.width }
                guard try await compare(full) else { return false }
                progress(auditor.size, end)
                if resume != nil, saved.duration(to: .now) >= .seconds(Self.seconds) {
                    try save(size: auditor.size, root: auditor.root, body: auditor.encoded())
                    saved = .now
                }
                return true
            }
        } catch let finding as LedgerFinding { add(finding) } catch { try add(error, at: auditor.size) }
    }

    /// Holds tiles that the entries make against those that are stored, of which a longer one is fine.
    private mutating func compare(_ tiles: [HashTile]) async throws(StorageError) -> Bool {
        guard !tiles.isEmpty else { return true }
        let wrong = try await log.read { reader throws(StorageError) -> HashTile? in
            for tile in tiles {
                let stored = try reader.storedTile(level: tile.level, index: tile.index) ?? []
                guard stored.starts(with: tile.bytes) else { return tile }
            }
            return nil
        }
        guard let wrong else { return true }
        add(
            "tiles", wrong.index << UInt64(8 * wrong.level + 8),
            "Tree tile \(wrong.level)/\(wrong.index) is not the one that the entries make.")
        return false
    }

    private mutating func compareEnd(of auditor: TreeAuditor) async throws(ServiceError) {
        let (ring, lock) = (ring, lock)
        do {
            guard try await compare(auditor.frontier.partial) else { return }
            let (found, keys) = try await log.read { reader throws(StorageError) -> ([Finding], CertifiedKeys) in
                let (keys, finding) = try Self.keys(ring, reading: reader)
                if let finding {
                    let first = Finding(
                        code: finding.code.rawValue, index: finding.index, file: nil, sentence: finding.sentence)
                    return ([first], keys)
                }
                let found = lock.findings(origin: ring.origin, size: auditor.size, keys: keys) { locked in
                    let proof = try? ConsistencyProof(old: locked.size, new: auditor.size, reading: reader)
                    return proof?.verify(oldRoot: locked.root, newRoot: auditor.root) ?? false
                }
                return (found, keys)
            }
            add(found)
            flags = VerificationReport.Flag.list(keys, size: auditor.size)
        } catch { try add(error, at: auditor.size) }
    }
}
