import Crypto
import Ledger
import Records
import Storage

/// The state of one verification: what the entries amount to, compared with everything that is stored beside them.
struct LogVerification {
    private static let chunk = 2_048
    private let ring: KeyRing
    private var auditor: LogAuditor
    private var findings: [VerificationReport.Finding] = []
    private var checkpoint: String?
    private var controlEvents: UInt64 = 0
    private var files: [(index: UInt64, name: Digest, isModel: Bool)] = []
    private var isLogSound = true
    private var areTilesSound = true

    init(ring: KeyRing) {
        self.ring = ring
        auditor = LogAuditor(pinnedRoot: ring.root, origin: ring.origin)
    }

    var size: UInt64 { auditor.size }

    mutating func add(_ code: String, _ index: UInt64?, _ file: String?, _ sentence: String) {
        findings.append(.init(code: code, index: index, file: file, sentence: sentence))
    }

    /// Reads the whole log in index order.
    mutating func readLog(
        _ log: any EventStore, _ progress: @Sendable (UInt64, UInt64) -> Void
    ) async throws(StorageError) {
        let head = try await log.read { reader throws(StorageError) in try reader.head() ?? .empty }
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
            if entries.isEmpty { break }
            let full = check(entries).filter { $0.hashes.count == HashTile.width }
            if !isLogSound { try await compareLeaves(entries.prefix(Int(size - first)), with: log) }
            tiles += full.count
            try await compare(full, with: log)
            try await checkIdempotency(entries, in: log)
            progress(size, max(head.size, size))
        }
        guard isLogSound else { return }
        let partial = auditor.frontier.partial
        try await compare(partial, with: log)
        let count = try await log.read { reader throws(StorageError) in try reader.tileCount() }
        if count != tiles + partial.count {
            areTilesSound = false
            add("tiles", nil, nil, "There are \(count) tree tiles where \(tiles + partial.count) are due.")
        }
        checkHead(head)
    }

    /// Everything but what is stored in files.
    var report: VerificationReport {
        let root = auditor.edge.root.hex
        func verdict(_ codes: Set<String>) -> String {
            if findings.contains(where: { codes.contains($0.code) }) { return "failed" }
            // What was not read through cannot have passed.
            let isRead = isLogSound && !findings.contains { Self.logCodes.contains($0.code) }
            return isRead ? "passed" : "not checked"
        }
        let checks: [VerificationReport.Check] = [
            .init(
                name: "entries",
                standard: "frozen layout, canonical JSON (RFC 8785 subset), Ed25519 (RFC 8032) over DSSE",
                verdict: verdict(Self.logCodes), detail: "\(size) entries, keys certified by the pinned root"),
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
        ]
        return VerificationReport(
            ok: findings.isEmpty, origin: ring.origin, size: size, root: root, checkpoint: checkpoint,
            findings: findings, checks: checks)
    }

    private static let logCodes: Set<String> = [
        "layout", "canonical", "origin", "root", "key", "signature", "missing", "store-corrupt", "store-unavailable",
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
                compare(sound[offset], with: envelope, at: first + UInt64(offset))
            }
            return tiles
        } catch {
            add(error.code.rawValue, error.index, nil, error.sentence)
            isLogSound = false
            return []
        }
    }

    private mutating func compare(_ entry: StoredEntry, with envelope: Envelope, at index: UInt64) {
        let fact = try? StoredFact(type: envelope.type, schema: envelope.schema, payload: envelope.payload)
        var isControl = entry.isControl
        if case .known(let event) = fact { isControl = event.type.isControl }
        if entry.stream != envelope.stream || entry.version != envelope.version || entry.eventID != envelope.id
            || entry.type != envelope.type || entry.isControl != isControl
        {
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
        case .modelRegistered(let model): if let name = Digest(hex: model.digest) { files.append((index, name, true)) }
        default: break  // no other event names a file
        }
    }

    private mutating func compare(_ tiles: [HashTile], with log: any EventStore) async throws(StorageError) {
        for tile in tiles where areTilesSound {
            let stored = try await log.read { reader throws(StorageError) in
                try reader.storedTile(level: tile.level, index: tile.index)
            }
            let due = tile.bytes
            guard stored != due else { continue }
            areTilesSound = false
            let span = UInt64(1) << UInt64(8 * (tile.level + 1))
            let first = (zip(stored ?? [], due).enumerated().first { $1.0 != $1.1 }?.offset ?? 0) / Digest.count
            let index = min(tile.index * span + UInt64(first) * (span >> 8), size > 0 ? size - 1 : 0)
            add("tiles", index, nil, "Tree tile \(tile.level)/\(tile.index) is not the one that the entries make.")
        }
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

    private mutating func checkIdempotency(_ entries: [StoredEntry], in log: any EventStore) async throws(StorageError)
    {
        guard isLogSound, let first = entries.first, let last = entries.last else { return }
        let records = try await log.read { reader throws(StorageError) in
            try reader.idempotencyRecords(from: first.index, limit: Int.max)
        }.filter { $0.index <= last.index }
        var due: [IdempotencyRecord] = []
        var seen: Set<String> = []
        for entry in entries {
            guard let envelope = try? Envelope(parsing: Entry(decoding: entry.bytes).envelope),
                let key = envelope.idempotency, seen.insert("\(envelope.actor.id) \(key.key)").inserted
            else { continue }
            due.append(.init(principal: envelope.actor.id, key: key.key, request: key.request, index: entry.index))
        }
        let (stored, expected) = (Set(records), Set(due))
        if let wrong = stored.symmetricDifference(expected).min(by: { $0.index < $1.index }) {
            add("idempotency", wrong.index, nil, "The idempotency records are not what the signed entries say.")
        }
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

    /// Checks the lock's file: only whole notes of this log, none ahead of it, each of the same tree.
    mutating func checkLock(path: String) {
        do {
            let lock = try FileCheckpointLock(path: path)
            if let damage = try lock.damage() {
                add("lock", nil, path, "The checkpoint lock is damaged: \(damage).")
                return
            }
            let notes = try lock.notes()
            guard !notes.isEmpty || size == 0 else {
                add("lock-missing", nil, path, "There is no released checkpoint beside a log that has entries.")
                return
            }
            guard isLogSound else { return }
            guard let key = auditor.checkpointKey else {
                if !notes.isEmpty { add("behind", 0, path, "Entries were acknowledged, but the database holds none.") }
                return
            }
            checkpoint = try lock.current()
            let verifier = VerifierKey(name: ring.origin, key: key)
            for note in notes { check(note, key: verifier, path: path) }
        } catch { add("lock", nil, path, "The checkpoint lock cannot be read.") }
    }

    private mutating func check(_ note: String, key: VerifierKey, path: String) {
        guard let locked = try? Checkpoint(note: note, signedBy: [key]), locked.origin == ring.origin,
            // One signature line and nothing else: every byte of the file is accounted for.
            note.hasPrefix(locked.text + "\n"), note.dropFirst(locked.text.count + 1).count(where: { $0 == "\n" }) == 1
        else {
            add("lock", nil, path, "The checkpoint lock holds a note that this log's key did not sign.")
            return
        }
        if locked.size > size {
            add("behind", size, path, "\(locked.size) entries were acknowledged, but the database holds \(size).")
        } else if auditor.root(at: locked.size) != locked.root {
            add("forked", locked.size, path, "At size \(locked.size) the database has another root than was released.")
        }
    }

    /// Checks every file that an event names.
    mutating func checkFiles(_ home: Home) {
        guard let images = try? FileBlobStore(folder: home.images), let models = try? FileBlobStore(folder: home.models)
        else {
            add("image", nil, home.images, "The folder of the sealed pictures cannot be read.")
            return
        }
        var checked: Set<Digest> = []
        for (index, name, isModel) in files where checked.insert(name).inserted {
            let store = isModel ? models : images
            do { _ = try store.get(name) } catch {
                add(
                    isModel ? "model" : "image", index, store.path(name),
                    error.code == .missing ? "The file is missing." : "The file is not what was recorded.")
            }
        }
    }
}
