import Concurrency
import Crypto
import Ledger
import Storage
import Verifier

/// Writes the entries of an export with everything that is one line or row for each; flat in memory, on all cores.
struct ExportWriter {
    private static let chunk = 4_096
    private static let pieceSize = 256
    /// How many entries there are between two states that a resumed export could go on from.
    private static let durableStride: UInt64 = 131_072
    /// The rows of `report.html` until the page is put together.
    private static let rowsName = "report.rows"

    let plan: ExportPlan
    private let log: any EventStore
    private let folder: String
    private let root: Digest
    private let size: UInt64
    private let matcher: EntryMatcher
    private(set) var progress: ExportProgress
    private let files: [String: GrowingFile]
    private var edge: RightEdge
    private var cutter: InclusionCutter?

    /// Opens the files of a new export, or of one that was interrupted.
    init(_ state: ExportState, of log: any EventStore, in folder: String) async throws {
        (plan, progress, self.log, self.folder) = (state.plan, state.progress, log, folder)
        let checkpoint = try Checkpoint(note: plan.checkpoint)
        (root, size) = (checkpoint.root, checkpoint.size)
        matcher = EntryMatcher(plan.filter)
        var files: [String: GrowingFile] = [:]
        let second = plan.grade == .authentic ? [ExportFile.proofs] : []
        for name in [ExportFile.entries, ExportFile.csv, Self.rowsName] + second {
            files[name] = try GrowingFile("\(folder)/\(name)", keeping: progress.lengths[name] ?? 0)
        }
        self.files = files
        let (next, grade, size, root) = (state.progress.next, plan.grade, size, root)
        (edge, cutter) = try await log.read { reader throws(StorageError) in
            do {
                guard grade == .complete else {
                    return (RightEdge(), try InclusionCutter(size: size, root: root, reading: reader))
                }
                return (try TileFrontier(size: next, reading: reader).edge, nil)
            } catch { throw StorageError(checking: "tree", error) }
        }
        if progress.lengths[ExportFile.csv] == nil { try file(ExportFile.csv).append(ExportRow.csvHeader) }
    }

    /// Reads, selects and writes all entries.
    mutating func run(_ show: @Sendable (UInt64, UInt64) -> Void) async throws {
        let (log, plan) = (log, plan)
        var batch = try await Self.read(log, plan, from: progress.next)
        var durable = progress.next
        while let last = batch.entries.last {
            try Task.checkCancellation()
            let next = batch.next
            async let following = Self.read(log, plan, from: next)
            try await write(batch.entries)
            progress.next = next
            show(last.index + 1, plan.range.upperBound)
            if next - durable >= Self.durableStride {
                try keep()
                durable = next
            }
            batch = try await following
        }
        try checkEnd()
        try keep()
    }

    /// What the finished files are, with the page put together; `head` is what stands before its rows.
    func finish(head: [UInt8]) throws -> [ExportManifest.File] {
        let rows = try DurableFile.read("\(folder)/\(Self.rowsName)") ?? []
        let page = head + rows + ReportPage.tail
        try DurableFile.write(page, to: "\(folder)/\(ExportFile.report)")
        var listed = [
            ExportManifest.File(
                path: ExportFile.report, bytes: Int64(page.count), sha256: SHA256.hash(page))
        ]
        for (name, file) in files where name != Self.rowsName {
            listed.append(.init(path: name, bytes: file.length, sha256: try file.finish()))
        }
        return listed
    }

    /// The files that are not part of the finished export.
    static let temporary = [rowsName, ExportState.name]

    // MARK: Reading

    /// Neighbouring entries, and where to go on behind them.
    private struct Batch: Sendable {
        let entries: [PlacedEntry]
        let next: UInt64
    }

    private static func read(_ log: any EventStore, _ plan: ExportPlan, from next: UInt64) async throws -> Batch {
        let end = plan.range.upperBound
        if plan.grade == .authentic, let stream = plan.filter.stream {
            let stored = try await log.read { reader throws(StorageError) in
                try reader.stream(stream, from: next, limit: chunk).filter { $0.index < end }
            }
            return Batch(
                entries: stored.map { PlacedEntry(index: $0.index, bytes: $0.bytes) },
                next: stored.last.map { $0.version + 1 } ?? next)
        }
        guard next < end else { return Batch(entries: [], next: next) }
        let limit = Int(min(UInt64(chunk), end - next))
        let bytes = try await log.read { reader throws(StorageError) in try reader.bytes(from: next, limit: limit) }
        guard bytes.count == limit else {
            throw StorageError(.corrupt, detail: "entry \(next + UInt64(bytes.count)) is missing")
        }
        return Batch(
            entries: bytes.enumerated().map { PlacedEntry(index: next + UInt64($0), bytes: $1) },
            next: next + UInt64(limit))
    }

    // MARK: Writing

    private mutating func write(_ entries: [PlacedEntry]) async throws {
        let (plan, matcher, needsRows) = (plan, matcher, progress.matched < ReportPage.maximumRows)
        let slices = stride(from: 0, to: entries.count, by: Self.pieceSize).map {
            entries[$0..<min($0 + Self.pieceSize, entries.count)]
        }
        let made = concurrentMap(slices, minimumChunk: 1) { slice in
            Result { () throws(StorageError) in
                try ExportPiece(slice, of: plan, matcher, needsRows: needsRows)
            }
        }
        var pieces: [ExportPiece] = []
        for piece in made { pieces.append(try piece.get()) }
        var appended = [
            (ExportFile.entries, pieces.map(\.lines)), (ExportFile.csv, pieces.map(\.csv)),
            (Self.rowsName, rows(of: pieces)),
        ]
        if plan.grade == .authentic {
            appended.append((ExportFile.proofs, [try await proofs(of: pieces.flatMap(\.matches))]))
        }
        var edge = edge
        let leaves = pieces.map(\.leaves)
        let grown = Locked(edge)
        let jobs = appended.map { name, parts -> @Sendable () throws(StorageError) -> Void in
            let file = files[name]
            return { () throws(StorageError) in for part in parts { try file?.append(part) } }
        }
        let tree: @Sendable () throws(StorageError) -> Void = {
            var edge = grown.withLock { $0 }
            for part in leaves { for leaf in part { edge.append(leaf) } }
            grown.withLock { [edge] in $0 = edge }
        }
        for outcome in concurrentMap(
            jobs + [tree], minimumChunk: 1, { job in Result { () throws(StorageError) in try job() } })
        {
            try outcome.get()
        }
        edge = grown.withLock { $0 }
        self.edge = edge
        let matched = UInt64(pieces.reduce(0) { $0 + $1.matches.count })
        progress.matched += matched
        progress.entries += plan.grade == .complete ? UInt64(entries.count) : matched
    }

    private func rows(of pieces: [ExportPiece]) -> [[UInt8]] {
        guard progress.matched < ReportPage.maximumRows else { return [] }
        return Array(pieces.flatMap(\.rows).prefix(Int(ReportPage.maximumRows - progress.matched)))
    }

    /// Proves the entries that match, and that the tree has each where it was read.
    private mutating func proofs(of matches: [ExportPiece.Match]) async throws -> [UInt8] {
        guard let cutter else { return [] }
        let (lines, used) = try await log.read { reader throws(StorageError) in
            do {
                var (cutter, lines) = (cutter, [UInt8]())
                for match in matches {
                    let (leaf, proof) = try cutter.proof(of: match.index, reading: reader)
                    guard leaf == match.hash else {
                        throw LedgerError(.proof, "entry \(match.index) is not in the tree")
                    }
                    ProofLine(index: match.index, hashes: proof.hashes).write(into: &lines)
                }
                return (lines, cutter)
            } catch { throw StorageError(checking: "tree", error) }
        }
        self.cutter = used
        return lines
    }

    /// The entries of a complete export must make the root that was promised.
    private func checkEnd() throws {
        guard plan.grade == .complete, edge.size == size, edge.root != root else { return }
        throw StorageError(.corrupt, detail: "the entries make another root than the checkpoint's")
    }

    /// The root of the tree up to the end of the range.
    var endRoot: Digest { edge.root }

    private mutating func keep() throws {
        for (name, file) in files {
            try file.synchronise()
            progress.lengths[name] = file.length
        }
        try DurableFile.write(ExportState(plan: plan, progress: progress).bytes, to: "\(folder)/\(ExportState.name)")
    }

    private func file(_ name: String) throws(StorageError) -> GrowingFile {
        guard let file = files[name] else { throw StorageError(.missing, detail: name) }
        return file
    }
}
