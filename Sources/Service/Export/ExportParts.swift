import Crypto
import Ledger
import Records
import Storage
import Verifier

/// The small files of an export, made on one snapshot.
struct ExportParts: Sendable {
    /// The most time stamps that an export brings.
    private static let stamps = 10

    /// By their names, without the manifest and the growing files.
    private(set) var files: [(name: String, bytes: [UInt8])] = []
    let checkpoint: Checkpoint

    /// Makes them all.
    ///
    /// - Parameters:
    ///   - plan: what the export holds.
    ///   - endRoot: the root at the end of the range, as the exported entries make it; nil unless the grade is complete.
    ///   - policy: the file.
    ///   - reader: the snapshot.
    /// - Throws: `StorageError(.corrupt)` when the entries that were exported are not the tree's, and what the reader
    ///   throws.
    init(
        _ plan: ExportPlan, endRoot: Digest?, policy: [UInt8], _ reader: any LogReader
    ) throws {
        checkpoint = try Checkpoint(note: plan.checkpoint)
        let (size, root) = (checkpoint.size, checkpoint.root)
        var cutter = try InclusionCutter(size: size, root: root, reading: reader)
        files.append((ExportFile.checkpoint, Array(plan.checkpoint.utf8)))
        files.append((ExportFile.policy, policy))
        files.append((ExportFile.keys, try Self.keys(size: size, &cutter, reader)))
        let stamps = try Self.timestamps(from: plan.range.upperBound - 1, size: size, &cutter, reader)
        files.append((ExportFile.timestamps, stamps.lines))
        var known: [UInt8] = []
        for held in Set(plan.known + stamps.sizes).sorted() {
            known +=
                KnownLine(
                    size: held, hashes: try ConsistencyProof(old: held, new: size, reading: reader).hashes
                ).bytes + [0x0A]
        }
        files.append((ExportFile.known, known))
        if let endRoot {
            let (from, to) = (plan.range.lowerBound, plan.range.upperBound)
            let consistency = try ConsistencyProof(old: to, new: size, reading: reader)
            guard consistency.verify(oldRoot: endRoot, newRoot: root) else {
                throw StorageError(.corrupt, detail: "the entries up to \(to) are not the beginning of the tree")
            }
            let edge = try TileFrontier(size: from, reading: reader).edge
            files.append(
                (
                    ExportFile.range,
                    ExportRange(from: from, to: to, edge: edge.hashes, consistency: consistency.hashes).bytes
                ))
        }
    }

    private static func keys(
        size: UInt64, _ cutter: inout InclusionCutter, _ reader: any LogReader
    ) throws -> [UInt8] {
        var lines: [UInt8] = []
        for entry in try reader.stream("keys", from: 0, limit: .max) where entry.index < size {
            lines += try line(entry, &cutter, reader)
        }
        return lines
    }

    /// The stamps over trees that hold the entry at an index, the last of them.
    private static func timestamps(
        from index: UInt64, size: UInt64, _ cutter: inout InclusionCutter, _ reader: any LogReader
    ) throws -> (lines: [UInt8], sizes: [UInt64]) {
        var found: [(entry: StoredEntry, size: UInt64)] = []
        var version = try reader.last(of: "publication").map { $0.version + 1 } ?? 0
        search: while version > 0, found.count < stamps {
            let start = version > 256 ? version - 256 : 0
            let entries = try reader.stream("publication", from: start, limit: Int(version - start))
            for entry in entries.reversed() where entry.index < size {
                guard entry.index > index else { break search }
                guard case .known(.checkpointTimestamped(let stamp)) = try LoggedEvent(entry).fact,
                    stamp.size > index, stamp.size <= size
                else { continue }
                found.append((entry, stamp.size))
                if found.count == stamps { break }
            }
            version = start
        }
        found.reverse()
        var lines: [UInt8] = []
        for stamp in found { lines += try line(stamp.entry, &cutter, reader) }
        return (lines, found.map(\.size))
    }

    /// A line with its newline; the entry must be the tree's.
    static func line(
        _ stored: StoredEntry, _ cutter: inout InclusionCutter, _ reader: any LogReader
    ) throws -> [UInt8] {
        let (leaf, proof) = try cutter.proof(of: stored.index, reading: reader)
        guard leaf == Entry.hash(stored.bytes) else {
            throw StorageError(.corrupt, detail: "entry \(stored.index) is not in the tree")
        }
        return ProvenLine(entry: try Entry(decoding: stored.bytes), proof: proof).bytes + [0x0A]
    }
}
