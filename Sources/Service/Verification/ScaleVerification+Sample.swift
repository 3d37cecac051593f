import Crypto
import Glibc
import Ledger
import Storage

extension ScaleVerification {
    /// Looks at entries that are chosen at random, each from all sides, and says what that tells of the others.
    mutating func verifySample(_ count: Int) async throws(ServiceError) -> VerificationReport {
        let (ring, lock) = (ring, lock)
        let progress = progress
        let head: Head, found: [Finding], flags: [VerificationReport.Flag]
        do {
            (head, found, flags) = try await log.read { reader throws(StorageError) in
                let head = try reader.head() ?? .empty
                let (keys, finding) = try Self.keys(ring, reading: reader)
                let flags = VerificationReport.Flag.list(keys, size: head.size)
                if let finding { return (head, [Self.finding(finding)], flags) }
                var found = lock.findings(origin: ring.origin, size: head.size, keys: keys) { locked in
                    let proof = try? ConsistencyProof(old: locked.size, new: head.size, reading: reader)
                    return proof?.verify(oldRoot: locked.root, newRoot: head.root) ?? false
                }
                var tiles: ProvenTiles
                do { tiles = try ProvenTiles(size: head.size, root: head.root, reading: reader) } catch {
                    found.append(.init(code: "tiles", index: nil, file: nil, sentence: "The tiles make another root."))
                    return (head, found, flags)
                }
                for (number, index) in Self.sample(count, of: head.size).enumerated() {
                    if let finding = try Self.finding(at: index, keys, &tiles, reader) { found.append(finding) }
                    progress(UInt64(number + 1), min(UInt64(count), head.size))
                }
                return (head, found, flags)
            }
        } catch { throw ServiceError(error) }
        self.flags = flags
        add(lock.ownFindings + found)
        return report(
            size: head.size, root: head.root,
            checks: [
                check(
                    "sample", "layout, canonical JSON, Ed25519 over DSSE, RFC 6962 inclusion, columns",
                    Self.statement(count: count, size: head.size),
                    codes: [
                        "layout", "canonical", "key", "signature", "root", "origin", "missing", "tiles", "columns",
                    ], isComplete: true),
                check(
                    "lock", "C2SP signed checkpoint, never behind, never another tree", "the released checkpoint",
                    codes: ["lock", "lock-missing", "behind", "forked"], isComplete: true),
            ])
    }

    /// So many different indices at random; all of them when there are no more.
    static func sample(_ count: Int, of size: UInt64) -> [UInt64] {
        guard UInt64(count) < size else { return Array(0..<size) }
        var chosen: Set<UInt64> = []
        while chosen.count < count { chosen.insert(UInt64.random(in: 0..<size)) }
        return chosen.sorted()
    }

    /// What so many good entries tell: had a larger share been wrong, one would have been among them in 95 of 100 samples.
    static func statement(count: Int, size: UInt64) -> String {
        guard UInt64(count) < size else { return "all \(size) entries" }
        let share = 1 - pow(0.05, 1 / Double(max(1, count)))
        let wrong = UInt64((share * Double(size)).rounded(.up))
        return "\(count) of \(size) entries at random: with 95 % confidence at most \(wrong) of them are wrong"
    }

    private static func finding(_ finding: LedgerFinding) -> Finding {
        Finding(code: finding.code.rawValue, index: finding.index, file: nil, sentence: finding.sentence)
    }

    private static func finding(
        at index: UInt64, _ keys: CertifiedKeys, _ tiles: inout ProvenTiles, _ reader: any LogReader
    ) throws(StorageError) -> Finding? {
        func found(_ code: String, _ sentence: String) -> Finding {
            Finding(code: code, index: index, file: nil, sentence: sentence)
        }
        guard let entry = try reader.entries(from: index, limit: 1).first, entry.index == index else {
            return found("missing", "The entry is not there.")
        }
        guard let leaf = try? tiles.leaf(at: index), leaf == Entry.hash(entry.bytes) else {
            return found("tiles", "The tree holds another entry here.")
        }
        var keys = keys
        do {
            guard entry.repeats(try keys.check(entry.bytes, at: index)) else {
                return found("columns", "The row's columns are not what its signed bytes say.")
            }
        } catch { return finding(error) }
        return nil
    }
}
