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
        let start = auditor.size
        do {
            try await EntryStream(log: log).read(
                from: auditor.size, to: end, gather: Self.gather, prepare: { $1 }
            ) { part, stored in
                let full = try auditor.check(part).filter { $0.hashes.count == HashTile.width }
                guard try await compare(full, stored) else { return false }
                progress(auditor.size, end)
                if (auditor.size - start) / EntryStream.width == 64 { auditor.expect(end) }
                if resume != nil, saved.duration(to: .now) >= .seconds(Self.seconds) {
                    try save(size: auditor.size, root: auditor.root, body: auditor.encoded())
                    saved = .now
                }
                return true
            }
        } catch let finding as LedgerFinding { add(finding) } catch { try add(error, at: auditor.size) }
    }

    /// Reads entries, and the tiles of level 0 that end among them, or every part would wait for the database twice.
    private static func gather(
        reader: any LogReader, range: Range<UInt64>
    ) throws(StorageError) -> ((part: TreeAuditor.Part, stored: [UInt64: [UInt8]]), count: Int) {
        var part = TreeAuditor.Part(capacity: range.count)
        let count = try reader.forEachEntry(from: range.lowerBound, limit: range.count) { part.append($0) }
        var stored: [UInt64: [UInt8]] = [:]
        for tile in range.lowerBound >> 8..<range.upperBound >> 8 {
            stored[tile] = try reader.storedTile(level: 0, index: tile)
        }
        return ((part, stored), count)
    }

    /// Holds tiles that the entries make against those that are stored, of which a longer one is fine; `known` are those of
    /// level 0 that were read before.
    private mutating func compare(
        _ tiles: [HashTile], _ known: [UInt64: [UInt8]] = [:]
    ) async throws(StorageError) -> Bool {
        for tile in tiles {
            var stored = tile.level == 0 ? known[tile.index] : nil
            if stored == nil {
                stored = try await log.read { reader throws(StorageError) in
                    try reader.storedTile(level: tile.level, index: tile.index)
                }
            }
            guard let stored, stored.starts(with: tile.bytes) else {
                add(
                    "tiles", tile.index << UInt64(8 * tile.level + 8),
                    "Tree tile \(tile.level)/\(tile.index) is not the one that the entries make.")
                return false
            }
        }
        return true
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
