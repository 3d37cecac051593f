import Crypto
import Ledger
import Records
import Storage

/// The state of one verification: what the entries amount to, compared with everything that is stored beside them.
struct LogVerification {
    private static let chunk = 2_048
    let ring: KeyRing
    private(set) var auditor: LogAuditor
    private var findings: [VerificationReport.Finding] = []
    /// The file of the log, as far as it is one.
    let database: String?
    /// What the lock held before the entries were read.
    var lock: LockReading?
    /// What was published when the verification began.
    var published: PublishedReading?
    /// Whom time stamps are believed from; nil leaves their signatures unchecked.
    var authorities: TimestampAuthorities?
    /// How many time stamps there are.
    var stamps = 0
    private var controlEvents: UInt64 = 0
    private(set) var files: [(index: UInt64, name: Digest, isModel: Bool)] = []
    /// The cards of models, which are kept for those that were registered with this version.
    private(set) var cards: [Digest: UInt64] = [:]
    /// The first prediction of each subject.
    private(set) var subjects: [String: UInt64] = [:]
    /// The log that this one goes on for, as its first entry names it.
    private var predecessor: KeysCertified.Predecessor?
    /// What is said of a log that ended.
    var frozen: FrozenMark?
    /// How many reads wait in the spool.
    var spooled = 0
    /// Logs in the same database, which this verification does not look at.
    var others: [String] = []
    /// Those that the entries of this chunk lead to, and the entry before the next one.
    private var idempotency: [IdempotencyRecord] = []
    private var idempotencyCount = 0
    private var last: Envelope?
    private(set) var isLogSound = true
    private var areTilesSound = true
    /// Codes of findings that nobody looked for.
    private var unchecked: Set<String> = []

    init(ring: KeyRing, database: String?) {
        (self.ring, self.database) = (ring, database)
        auditor = LogAuditor(pinnedRoot: ring.root, origin: ring.origin)
    }

    var size: UInt64 { auditor.size }

    mutating func add(_ code: String, _ index: UInt64?, _ file: String?, _ sentence: String) {
        findings.append(.init(code: code, index: index, file: file, sentence: sentence))
    }

    mutating func add(_ finding: VerificationReport.Finding) { findings.append(finding) }

    mutating func leaveUnchecked(_ code: String) { unchecked.insert(code) }

    /// Reads the whole log in index order, up to a moment when nothing more was there.
    mutating func readLog(
        _ log: any EventStore, _ progress: @Sendable (UInt64, UInt64) -> Void
    ) async throws(StorageError) {
        let expected = try await log.read { reader throws(StorageError) in try reader.head()?.size ?? 0 }
        var tiles = 0
        while isLogSound {
            let first = size
            let (entries, failure) = try await Self.entries(of: log, from: first)
            if let failure {
                add(
                    failure.code.rawValue, first + UInt64(entries.count), nil,
                    "The entry cannot be read from the database.")
                isLogSound = false
            }
            guard !entries.isEmpty else {
                guard isLogSound, let end = try await end(of: log) else { continue }
                return compare(end, fullTiles: tiles)
            }
            let full = check(entries).filter { $0.hashes.count == HashTile.width }
            if !isLogSound { try await compareLeaves(entries.prefix(Int(size - first)), with: log) }
            tiles += full.count
            for tile in full {
                let stored = try await log.read { reader throws(StorageError) in
                    try reader.storedTile(level: tile.level, index: tile.index)
                }
                compare(tile, with: stored)
            }
            let range = first..<size
            let records = try await log.read { reader throws(StorageError) in try reader.idempotencyRecords(in: range) }
            compareIdempotency(records)
            progress(size, max(expected, size))
        }
    }

    /// What stands beside the entries when there is none after those that were read: all of one moment, since a service
    /// may go on appending.
    private struct End: Sendable {
        let head: Head
        let counts: RowCounts
        /// The unfinished tiles, in the order in which they were asked for.
        let tiles: [[UInt8]?]
        let idempotency: [IdempotencyRecord]
    }

    /// Nil when entries were appended in the meantime.
    private func end(of log: any EventStore) async throws(StorageError) -> End? {
        let (size, partial) = (size, auditor.frontier.partial)
        return try await log.read { reader throws(StorageError) in
            guard try reader.entries(from: size, limit: 1).isEmpty else { return nil }
            var tiles: [[UInt8]?] = []
            for tile in partial { tiles.append(try reader.storedTile(level: tile.level, index: tile.index)) }
            return End(
                head: try reader.head() ?? .empty, counts: try reader.counts(), tiles: tiles,
                idempotency: try reader.idempotencyRecords(in: size..<UInt64(Int64.max)))
        }
    }

    private mutating func compare(_ end: End, fullTiles: Int) {
        let partial = auditor.frontier.partial
        for (tile, stored) in zip(partial, end.tiles) { compare(tile, with: stored) }
        compareIdempotency(end.idempotency)
        let due = RowCounts(entries: Int(size), tiles: fullTiles + partial.count, idempotency: idempotencyCount)
        if end.counts.tiles != due.tiles { areTilesSound = false }
        // Rows that are under no index, tile or key of the log's are of no use but to mislead.
        for (code, name, found, due) in [
            ("columns", "entries", end.counts.entries, due.entries),
            ("tiles", "tree tiles", end.counts.tiles, due.tiles),
            ("idempotency", "idempotency records", end.counts.idempotency, due.idempotency),
        ] where found != due {
            add(code, nil, database, "There are \(found) \(name) where \(due) are due.")
        }
        checkHead(end.head)
        guard let pinned = ring.genesis else { return leaveUnchecked("pin") }
        guard pinned != auditor.root(at: 1) else { return }  // of one leaf, its hash
        add("pin", 0, nil, "The first entry is not the one that the log of this home began with.")
    }

    /// Everything but what is stored in files.
    var report: VerificationReport {
        let root = auditor.edge.root.hex
        let checks: [VerificationReport.Check] =
            [
                .init(
                    name: "entries",
                    standard: "frozen layout, canonical JSON (RFC 8785 subset), Ed25519 (RFC 8032) over DSSE",
                    verdict: verdict(Self.logCodes), detail: "\(size) entries, keys certified by the pinned root"),
                .init(
                    name: "beginning", standard: "the hash of the first entry, pinned in the home",
                    verdict: verdict(["pin"]), detail: "keys/\(KeyRing.genesisFile)"),
                .init(
                    name: "streams", standard: "versions dense, predecessor digests, time never goes back",
                    verdict: verdict(["stream-order", "previous", "time"]), detail: "every stream without a hole"),
                .init(
                    name: "columns", standard: "rows repeat what the signed bytes say",
                    verdict: verdict(["columns", "idempotency"]),
                    detail: "stream, version, id, type, control, idempotency"),
                .init(
                    name: "tree", standard: "RFC 6962, tiles as C2SP tlog-tiles", verdict: verdict(["tiles", "head"]),
                    detail: "root \(root)"),
                .init(
                    name: "lock", standard: "C2SP signed checkpoint, never behind, never another tree",
                    verdict: verdict(["lock", "lock-missing", "behind", "forked"]), detail: "the released checkpoint"),
                .init(
                    name: "files", standard: "SHA-256 names", verdict: verdict(["image", "model"]),
                    detail: "\(files.count) sealed pictures and models"),
                .init(
                    name: "secrets", standard: "AES-256-GCM, each bound to subject and patient",
                    verdict: verdict(["secret"]),
                    detail: "\(subjects.count) subjects of predictions"),
                .init(
                    name: "spool", standard: "Ed25519 over DSSE, each record naming the one before",
                    verdict: verdict(["spool"]), detail: "\(spooled) reads wait for the log"),
                .init(
                    name: "lists", standard: "the digest of a fresh fold", verdict: verdict(["lists"]),
                    detail: "the lists are what the entries make"),
            ]
            + (published?.isThere == true ? [publishedCheck] : [])
            + stampChecks + lineage
            + others.map {
                .init(
                    name: "another log", standard: "", verdict: "not checked",
                    detail: "\($0) lies in the same database; verify it from its own home")
            }
        return VerificationReport(
            mode: VerificationMode.full.name, ok: findings.isEmpty, origin: ring.origin, size: size, root: root,
            checkpoint: lock?.current,
            findings: findings, checks: checks, flags: VerificationReport.Flag.list(auditor.keys, size: size))
    }

    private var publishedCheck: VerificationReport.Check {
        .init(
            name: "published", standard: "C2SP tlog-tiles, checkpoint signed, root rebuilt from the bundles",
            verdict: verdict(["published"]), detail: "the folder that the log is published to")
    }

    /// The logs before and after this one, where there are any.
    private var lineage: [VerificationReport.Check] {
        let before = predecessor.map { log in
            VerificationReport.Check(
                name: "predecessor", standard: "C2SP signed checkpoint in the first entry; signed by keys of that log",
                verdict: verdict(["predecessor"]),
                detail: "goes on for \(log.origin), released up to \(log.size) entries, of which \(log.kept) are kept")
        }
        let after = frozen.map { mark in
            VerificationReport.Check(
                name: "successor", standard: "the mark of a log that ended", verdict: "not checked",
                detail: "ended on \(mark.frozenAt); \(mark.successor) goes on for it, verify it in its own home")
        }
        return [before, after].compactMap(\.self)
    }

    /// What is said of findings with these codes.
    func verdict(_ codes: Set<String>) -> String {
        if findings.contains(where: { codes.contains($0.code) }) { return "failed" }
        guard unchecked.isDisjoint(with: codes) else { return "not checked" }
        // What was not read through cannot have passed.
        let isRead = isLogSound && !findings.contains { Self.logCodes.contains($0.code) }
        return isRead ? "passed" : "not checked"
    }

    private static let logCodes: Set<String> = [
        "layout", "canonical", "origin", "root", "key-life", "key", "signature", "missing", "store-corrupt",
        "store-unavailable",
        "database",
    ]

    /// Reads a chunk, or what can be read of it, one by one, up to the entry that cannot.
    private static func entries(
        of log: any EventStore, from index: UInt64
    ) async throws(StorageError) -> (entries: [StoredEntry], failure: StorageError?) {
        do {
            return (
                try await log.read { reader throws(StorageError) in try reader.entries(from: index, limit: chunk) }, nil
            )
        } catch {
            var entries: [StoredEntry] = []
            for offset in 0..<UInt64(chunk) {
                do {
                    guard
                        let entry = try await log.read({ reader throws(StorageError) in
                            try reader.entries(from: index + offset, limit: 1).first
                        })
                    else { return (entries, nil) }
                    entries.append(entry)
                } catch { return (entries, error) }
            }
            return (entries, nil)
        }
    }

    /// Checks entries from their bytes and then their columns; stops the log at the first finding.
    private mutating func check(_ entries: [StoredEntry]) -> [HashTile] {
        var sound: [StoredEntry] = []
        for (offset, entry) in entries.enumerated() {
            let due = size + UInt64(offset)
            guard entry.index == due else {
                add("missing", due, nil, "The entry is not there; the next one found has index \(entry.index).")
                isLogSound = false
                break
            }
            sound.append(entry)
        }
        let first = size
        do {
            let (envelopes, tiles) = try auditor.check(sound.map(\.bytes))
            for (offset, envelope) in envelopes.enumerated() where isLogSound {
                let index = first + UInt64(offset)
                compare(sound[offset], with: envelope, at: index)
                if let record = IdempotencyRecord(envelope, at: index, after: last) { idempotency.append(record) }
                last = envelope
            }
            return tiles
        } catch {
            add(error.code.rawValue, error.index, nil, error.sentence)
            isLogSound = false
            return []
        }
    }

    private mutating func compare(_ entry: StoredEntry, with envelope: Envelope, at index: UInt64) {
        let fact = try? StoredFact(type: envelope.type, schema: envelope.schema, canonical: envelope.payloadBytes)
        var isControl = entry.isControl
        if case .known(let event) = fact { isControl = event.type.isControl }
        guard entry.repeats(envelope), entry.isControl == isControl else {
            add("columns", index, nil, "The row's columns are not what its signed bytes say.")
            isLogSound = false
            return
        }
        if fact == nil {
            add("canonical", index, nil, "The payload of \(envelope.type) does not have its fields.")
            isLogSound = false
            return
        }
        if isControl { controlEvents += 1 }
        guard case .known(let event) = fact else { return }
        switch event {
        case .predictionRecorded(let prediction):
            if let name = Digest(hex: prediction.image.blob) { files.append((index, name, false)) }
            if subjects[prediction.subject] == nil { subjects[prediction.subject] = index }
        case .keysCertified(let certified):
            guard let named = certified.succeeds else { break }
            predecessor = named
            if index > 0 || !named.isConsistent {
                add("predecessor", index, nil, "The log that this one goes on for is not named by its own checkpoint.")
            }
        case .modelRegistered(let model):
            if let name = Digest(hex: model.digest) { files.append((index, name, true)) }
            if let name = Digest(hex: model.cardDigest) { cards[name] = index }
        case .checkpointTimestamped(let stamp): check(stamp, at: index)
        default: break  // no other event names what lies beside it
        }
    }

    private mutating func compare(_ tile: HashTile, with stored: [UInt8]?) {
        let due = tile.bytes
        guard areTilesSound, stored != due else { return }
        areTilesSound = false
        let span = UInt64(1) << UInt64(8 * (tile.level + 1))
        let stored = stored ?? []
        // Where the one is the beginning of the other, what differs is the first hash that only one of them has.
        let place = zip(stored, due).enumerated().first { $1.0 != $1.1 }?.offset ?? min(stored.count, due.count)
        let index = min(tile.index * span + UInt64(place / Digest.count) * (span >> 8), size)
        add("tiles", index, nil, "Tree tile \(tile.level)/\(tile.index) is not the one that the entries make.")
    }

    /// Looks for an entry before the finding that the tree does not know: rows that changed places often show only later.
    private mutating func compareLeaves(
        _ entries: some Collection<StoredEntry>, with log: any EventStore
    ) async throws(StorageError) {
        var (tile, hashes): (UInt64?, [UInt8]) = (nil, [])
        for entry in entries {
            if tile != entry.index >> 8 {
                let index = entry.index >> 8
                let stored = try await log.read { reader throws(StorageError) in
                    try reader.storedTile(level: 0, index: index)
                }
                hashes = stored ?? []
                tile = index
            }
            let start = Digest.count * Int(entry.index & 0xFF)
            guard !hashes.dropFirst(start).prefix(Digest.count).elementsEqual(Entry.hash(entry.bytes).bytes) else {
                continue
            }
            add("tiles", entry.index, nil, "The tree holds another entry here.")
            return
        }
    }

    /// Compares stored idempotency records with those that the entries read last lead to.
    private mutating func compareIdempotency(_ stored: [IdempotencyRecord]) {
        guard isLogSound else { return }
        idempotencyCount += idempotency.count
        if let wrong = Set(stored).symmetricDifference(idempotency).min(by: { $0.index < $1.index }) {
            add("idempotency", wrong.index, nil, "The idempotency records are not what the signed entries say.")
        }
        idempotency = []
    }

    private mutating func checkHead(_ head: Head) {
        let recordedAt = auditor.lastRecordedAt
        let due = Head(size: size, root: auditor.edge.root, epoch: controlEvents, recordedAt: recordedAt)
        guard head != due else { return }
        if head.size > size {
            add(
                "missing", size, nil,
                "The head speaks of \(head.size) entries; the last one found is \(Int64(size) - 1).")
        } else {
            add("head", size > 0 ? size - 1 : 0, nil, "The head row is not what the entries make.")
        }
    }
}
