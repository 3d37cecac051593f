public import Crypto
public import Ledger
public import Storage

/// What is wrong with a store, found without trusting any of its columns.
public struct AuditFailure: Error, CustomStringConvertible {
    public let description: String

    public init(_ description: String) { self.description = description }
}

/// A complete audit of a store: every entry, every column beside it, the tree, the head, the keys and the lock.
public struct LogAudit: Sendable {
    /// Of all entries, in index order.
    public let envelopes: [Envelope]
    public let records: [IdempotencyRecord]
    public let head: Head
    private let auditor: LogAuditor

    /// The root of the first entries; nil when there are not so many.
    public func root(at size: UInt64) -> Digest? { auditor.root(at: size) }

    /// Reads everything on one snapshot and checks it.
    ///
    /// - Throws: `AuditFailure`, a `LedgerFinding` or a `StorageError` at the first thing that is wrong.
    public init(_ store: any EventStore, of log: TestLog, lock: (any CheckpointLock)? = nil) async throws {
        // The lock first: a log that goes on meanwhile may be ahead of it, never behind.
        let note = try lock?.current()
        let found = try await store.read { reader throws(StorageError) in
            do { return Result<LogAudit, any Error>.success(try LogAudit(reader, of: log, lockedNote: note)) } catch {
                return .failure(error)
            }
        }
        self = try found.get()
    }

    private init(_ reader: any LogReader, of log: TestLog, lockedNote: String?) throws {
        let stored = try reader.entries(from: 0, limit: .max)
        let head = try reader.head() ?? .empty
        try Self.expect(stored.count == head.size, "\(stored.count) entries where the head says \(head.size)")
        var auditor = LogAuditor(pinnedRoot: log.pinnedRoot, origin: log.origin)
        let (envelopes, tiles) = try auditor.check(stored.map(\.bytes))
        for (position, (entry, envelope)) in zip(stored, envelopes).enumerated() {
            let columns = StoredEntry(
                index: UInt64(position), eventID: envelope.id, stream: envelope.stream, version: envelope.version,
                type: envelope.type, isControl: entry.isControl, bytes: entry.bytes)
            try Self.expect(entry == columns, "the columns of entry \(position) are not its own")
        }
        try Self.expect(Set(envelopes.map(\.id)).count == envelopes.count, "an event id twice")
        let epoch = UInt64(stored.count(where: \.isControl))
        let time = envelopes.last?.recordedAt.microseconds ?? 0
        let expected = Head(size: UInt64(stored.count), root: auditor.edge.root, epoch: epoch, recordedAt: time)
        try Self.expect(head == expected, "the head is \(head) where \(expected) is due")
        try Self.checkTiles(of: reader, size: auditor.size, against: MemoryTiles(tiles))
        let records = try reader.idempotencyRecords(in: 0..<UInt64(Int64.max))
        try Self.expect(records.allSatisfy { $0.index < head.size }, "an idempotency key leads beyond the log")
        if let lockedNote { try Self.check(lockedNote, of: log, against: auditor) }
        (self.envelopes, self.records, self.head, self.auditor) = (envelopes, records, head, auditor)
    }

    /// Every tile of the tree is stored as it should be, and no other.
    private static func checkTiles(of reader: any LogReader, size: UInt64, against due: MemoryTiles) throws {
        let places = TileCoordinate.all(size: size)
        for place in places {
            let tile = try reader.storedTile(level: place.level, index: place.index)
            try expect(tile == due.tile(level: place.level, index: place.index), "tile \(place.path) is another one")
        }
        try expect(try reader.counts().tiles == places.count, "there are tiles of no tree")
    }

    private static func check(_ note: String, of log: TestLog, against auditor: LogAuditor) throws {
        guard case .signed(let locked) = auditor.keys.judge(note, of: log.origin, size: auditor.size) else {
            throw AuditFailure("the lock holds a note that the log has not signed")
        }
        try expect(locked.size <= auditor.size, "the lock, at \(locked.size), is ahead of the log")
        try expect(locked.root == auditor.root(at: locked.size), "the lock knows another tree")
    }

    private static func expect(_ condition: Bool, _ failure: String) throws {
        guard condition else { throw AuditFailure(failure) }
    }
}
