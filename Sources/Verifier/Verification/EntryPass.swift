import Concurrency
import Crypto
import Ledger

/// One walk over `entries.jsonl`, with the proofs and renderings beside it: every check that needs the entries.
struct EntryPass {
    private static let chunk = 2_048

    let manifest: ExportManifest
    private let context: CheckedLine.Context
    private let held: Holdings
    private var edge: RightEdge?
    private var chains: StreamChains
    private let checksStreams: Bool
    private var count: UInt64 = 0
    private var matched: UInt64 = 0
    private var lastIndex: UInt64?
    private var lastTime: Timestamp?
    private var firstTime: Timestamp?
    private var needsRows = true
    private var rows: UInt64 = 0
    private var missingRecords: Set<Digest>
    /// Entries of the stream `keys`, by index.
    private(set) var keyEntries: [UInt64: Digest] = [:]
    /// Roots at the sizes that the reader holds or that were stamped.
    private(set) var roots: [UInt64: Digest] = [:]
    private let wantedRoots: Set<UInt64>
    /// Indices of entries that only a compromised key vouches for.
    private(set) var flagged: [UInt64] = []
    private(set) var flaggedCount: UInt64 = 0

    /// Begins a pass.
    ///
    /// Without keys, when the key history does not hold, only forms and digests are looked at. The range is that of a
    /// complete export, when it has its form.
    init(
        _ manifest: ExportManifest, keys: CertifiedKeys?, range: ExportRange?, held: Holdings,
        wantedRoots: Set<UInt64>
    ) {
        (self.manifest, self.held, self.wantedRoots) = (manifest, held, wantedRoots)
        context = CheckedLine.Context(
            keys: keys, origin: manifest.origin, size: manifest.size, root: manifest.root,
            matcher: EntryMatcher(manifest.filters))
        edge = range.flatMap { try? RightEdge(size: $0.from, hashes: $0.edge) }
        let isWhole = manifest.grade == .authentic && manifest.filters.isWholeStream && manifest.from == 0
        checksStreams = isWhole || manifest.grade == .complete
        chains = StreamChains(beginsAtZero: isWhole || manifest.from == 0)
        missingRecords = held.records
    }

    /// The files that are read together.
    struct Files {
        let entries: FileScan
        let proofs: FileScan?
        let csv: FileScan?
        let report: FileScan?
    }

    /// Walks to the end; what is wrong is noted in `book`.
    mutating func run(
        _ files: Files, _ book: inout CheckBook, _ progress: (UInt64, UInt64) -> Void
    ) throws {
        var csvHolds = try files.csv?.expect(ExportRow.csvHeader) ?? true
        var reportHolds = try files.report?.expect(ReportPage.head(manifest)) ?? true
        while let inputs = try read(files, &book), !inputs.isEmpty {
            let context = context
            let checked = concurrentMap(inputs, minimumChunk: 32) { CheckedLine($0, context) }
            for line in checked {
                if let malformation = line.malformation {
                    return book.fail(
                        .form, .malformed, "\(ExportFile.entries) or its proofs, line \(count + 1): \(malformation).")
                }
                accept(line, &book)
            }
            guard context.keys != nil else { continue }
            if csvHolds { csvHolds = try files.csv?.expect(checked.flatMap(\.csv)) ?? true }
            if reportHolds, let report = files.report {
                for line in checked where !line.row.isEmpty && rows < ReportPage.maximumRows {
                    rows += 1
                    if reportHolds { reportHolds = try report.expect(line.row) }
                }
            }
            progress(count, manifest.entries)
        }
        guard context.keys != nil else { return }
        if reportHolds { reportHolds = try files.report?.expect(ReportPage.tail) ?? true }
        if !csvHolds { book.fail(.renderings, .rendering, "\(ExportFile.csv) is not what the entries make.") }
        if !reportHolds { book.fail(.renderings, .rendering, "\(ExportFile.report) is not what the entries make.") }
    }

    /// The next lines; nil after one that has no form.
    private mutating func read(_ files: Files, _ book: inout CheckBook) throws -> [CheckedLine.Input]? {
        var inputs: [CheckedLine.Input] = []
        let needsRow = matched < ReportPage.maximumRows
        while inputs.count < Self.chunk {
            let line = try files.entries.next()
            let proof = try files.proofs?.next()
            switch (line, proof) {
            case (.malformed, _), (_, .malformed?):
                book.fail(
                    .form, .malformed,
                    "A line of \(ExportFile.entries) or \(ExportFile.proofs) is too long, or the last one has no end.")
                return nil
            case (.end, .end?), (.end, nil): return inputs
            case (.line(let line), .line(let proof)?):
                inputs.append(.init(line: line, index: nil, proof: proof, needsRow: needsRow))
            case (.line(let line), nil):
                let index = manifest.from + count + UInt64(inputs.count)
                inputs.append(.init(line: line, index: index, proof: nil, needsRow: needsRow))
            case (.line, .end?), (.end, .line?):
                book.fail(.entries, .count, "There are not as many proofs as entries.")
                return inputs.isEmpty ? nil : inputs
            }
        }
        return inputs
    }

    private mutating func accept(_ line: CheckedLine, _ book: inout CheckBook) {
        count += 1
        guard let keys = context.keys else { return }
        if let fault = line.fault { book.fail(.entries, fault.code, fault.sentence) }
        if !line.isIncluded {
            book.fail(.inclusion, .inclusion, "Entry \(line.index) is not in the tree of the checkpoint.")
        }
        grow(line.hash)
        missingRecords.remove(line.hash)
        if let sentence = held.contradiction(index: line.index, hash: line.hash) {
            book.fail(.heldRecords, .expectationRecord, sentence)
        }
        guard let envelope = line.envelope else { return }
        checkOrder(line.index, envelope.recordedAt, &book)
        if line.isMatching {
            matched += 1
        } else if manifest.grade == .authentic {
            book.fail(.filters, .filter, "Entry \(line.index) does not match the filters.")
        }
        if checksStreams {
            do { try chains.accept(envelope, digest: line.envelopeDigest, at: line.index) } catch {
                book.fail(.streams, .streamHole, "Entry \(line.index): \(error.sentence)")
            }
        }
        if envelope.stream == "keys" { keyEntries[line.index] = line.hash }
        if keys.isCompromised(.event, at: line.index) {
            flaggedCount += 1
            if flagged.count < 10 { flagged.append(line.index) }
        }
    }

    private mutating func grow(_ hash: Digest) {
        guard edge != nil else { return }
        edge?.append(hash)
        if let edge, manifest.from == 0, wantedRoots.contains(edge.size) { roots[edge.size] = edge.root }
    }

    private mutating func checkOrder(_ index: UInt64, _ time: Timestamp, _ book: inout CheckBook) {
        if let lastIndex, index <= lastIndex {
            book.fail(.order, .order, "Entry \(index) stands behind entry \(lastIndex).")
        }
        if !(manifest.from..<manifest.to).contains(index) {
            book.fail(.order, .order, "Entry \(index) is outside of the range.")
        }
        if let lastTime, time < lastTime {
            book.fail(.order, .order, "Entry \(index) was recorded before the one that it follows.")
        }
        if firstTime == nil { firstTime = time }
        (lastIndex, lastTime) = (index, time)
    }

    // MARK: After the last entry

    /// Holds the tree, the counts and the range against the manifest.
    func finish(_ range: ExportRange?, keyLines: [ProvenLine], _ book: inout CheckBook) {
        if manifest.grade == .complete { checkRange(range, &book) }
        if count != manifest.entries {
            book.fail(.counts, .count, "There are \(count) entries, the manifest says \(manifest.entries).")
        }
        if matched != manifest.matched {
            book.fail(.counts, .count, "\(matched) entries match, the manifest says \(manifest.matched).")
        }
        let due = manifest.grade == .complete ? manifest.to - manifest.from : manifest.matched
        if manifest.entries != due {
            book.fail(
                .counts, .count, "\(manifest.entries) entries cannot be all of [\(manifest.from), \(manifest.to)).")
        }
        if manifest.grade == .complete { checkGrade(keyLines, &book) }
        guard !missingRecords.isEmpty else { return }
        book.fail(
            .heldRecords, .expectationRecord,
            missingRecords.count == 1
                ? "The record that you hold is not in it." : "\(missingRecords.count) of your records are not in it.")
    }

    private func checkRange(_ range: ExportRange?, _ book: inout CheckBook) {
        guard let range, let edge, range.from == manifest.from, range.to == manifest.to else {
            return book.fail(.inclusion, .rangeRoot, "\(ExportFile.range) is not of the manifest's range.")
        }
        guard edge.size == range.to else {
            return book.fail(.inclusion, .rangeRoot, "There are not the entries of the range.")
        }
        guard range.to < manifest.size else {
            guard edge.root == manifest.root, range.consistency.isEmpty else {
                return book.fail(.inclusion, .rangeRoot, "The entries make another root than the checkpoint's.")
            }
            return
        }
        let proof = ConsistencyProof(old: range.to, new: manifest.size, hashes: range.consistency)
        guard proof.verify(oldRoot: edge.root, newRoot: manifest.root) else {
            return book.fail(
                .inclusion, .consistency, "The tree of the checkpoint does not continue the one that the entries make.")
        }
    }

    private func checkGrade(_ keyLines: [ProvenLine], _ book: inout CheckBook) {
        if let since = manifest.filters.since, manifest.from > 0, firstTime.map({ $0 >= since }) ?? true {
            book.fail(.counts, .grade, "The first entry does not show that nothing earlier is of the time asked for.")
        }
        if let until = manifest.filters.until, manifest.to < manifest.size, lastTime.map({ $0 < until }) ?? true {
            book.fail(.counts, .grade, "The last entry does not show that nothing later is of the time asked for.")
        }
        let lines = keyLines.filter { (manifest.from..<manifest.to).contains($0.index) }
        let listed = Dictionary(lines.map { ($0.index, Entry.hash($0.entry.bytes)) }, uniquingKeysWith: { $1 })
        guard listed == keyEntries else {
            return book.fail(.counts, .grade, "The key history is not the one that the entries tell of.")
        }
    }
}
