import Crypto
import Ledger
import Storage
import Verifier

/// The stored bytes of an entry, and where it stands.
struct PlacedEntry: Sendable {
    let index: UInt64
    let bytes: [UInt8]
}

/// What a few neighbouring entries add to the files of an export; pieces are made in parallel.
struct ExportPiece: Sendable {
    /// An entry that the filters match.
    struct Match: Sendable {
        let index: UInt64
        let hash: Digest
    }

    /// Lines of `entries.jsonl`: of all entries, or of those that match.
    private(set) var lines: [UInt8] = []
    private(set) var csv: [UInt8] = []
    /// Rows of `report.html`, each by itself.
    private(set) var rows: [[UInt8]] = []
    /// The leaf hashes of all entries.
    private(set) var leaves: [Digest] = []
    private(set) var matches: [Match] = []
    let count: Int

    /// - Throws: `.corrupt` for bytes that are no entry.
    init(
        _ entries: ArraySlice<PlacedEntry>, of plan: ExportPlan, _ matcher: EntryMatcher, needsRows: Bool
    ) throws(StorageError) {
        count = entries.count
        if plan.grade == .complete {
            // At once: room that is made entry by entry is copied entry by entry.
            lines.reserveCapacity(entries.reduce(0) { $0 + Entry.lineSize(ofEntry: $1.bytes.count) })
        }
        for stored in entries {
            let (entry, hash): (Entry, Digest)
            do throws(LedgerError) {
                (entry, hash) = (try Entry(decoding: stored.bytes), Entry.hash(stored.bytes))
            } catch {
                throw StorageError(.corrupt, detail: "entry \(stored.index): \(error)")
            }
            if plan.grade == .complete {
                leaves.append(hash)
                entry.writeDSSE(into: &lines)
                lines.append(UInt8(ascii: "\n"))
            }
            let facts = EnvelopeFacts(entry.envelope)
            guard plan.range.contains(stored.index), matcher.matches(facts) else { continue }
            matches.append(Match(index: stored.index, hash: hash))
            if plan.grade == .authentic {
                entry.writeDSSE(into: &lines)
                lines.append(UInt8(ascii: "\n"))
            }
            ExportRow.writeCSV(facts, index: stored.index, hash: hash, into: &csv)
            if needsRows {
                var row: [UInt8] = []
                ExportRow.writeHTML(facts, index: stored.index, hash: hash, into: &row)
                rows.append(row)
            }
        }
    }
}
