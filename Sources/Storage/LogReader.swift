import Crypto
public import Ledger

/// One consistent view of a log; every call within it sees the same state.
public protocol LogReader: HashTileReader {
    /// The last committed state, or nil before the first entry.
    func head() throws(StorageError) -> Head?

    /// Up to `limit` entries in index order, from `index` on.
    func entries(from index: UInt64, limit: Int) throws(StorageError) -> [StoredEntry]

    /// The entries with these indices, of those that are there, in no order.
    func entries(at indices: [UInt64]) throws(StorageError) -> [StoredEntry]

    /// Lends the bytes of up to `limit` entries in index order, from `index` on, until the next one is missing.
    ///
    /// - Returns: how many there were.
    func forEachEntry(
        from index: UInt64, limit: Int, _ body: (Span<UInt8>) -> Void
    ) throws(StorageError) -> Int

    /// The entry with an event id.
    func entry(eventID: String) throws(StorageError) -> StoredEntry?

    /// A stream's entries in version order, from `version` on.
    func stream(_ stream: String, from version: UInt64, limit: Int) throws(StorageError) -> [StoredEntry]

    /// The last entry of a stream.
    func last(of stream: String) throws(StorageError) -> StoredEntry?

    /// The last entries of several streams, of those that have any, in no order.
    func last(of streams: [String]) throws(StorageError) -> [StoredEntry]

    /// The control entries from `index` on, in index order.
    func controlEntries(from index: UInt64) throws(StorageError) -> [StoredEntry]

    /// What a principal's idempotency key led to.
    func idempotency(principal: String, key: String) throws(StorageError) -> IdempotencyRecord?

    /// What several of them led to, of those that led to anything, in no order.
    func idempotency(_ keys: [(principal: String, key: String)]) throws(StorageError) -> [IdempotencyRecord]

    /// All idempotency records with an index in the range, for verification.
    func idempotencyRecords(in range: Range<UInt64>) throws(StorageError) -> [IdempotencyRecord]

    /// The hashes of a tile of the tree, as many as are stored.
    func storedTile(level: Int, index: UInt64) throws(StorageError) -> [UInt8]?

    /// How many rows are stored.
    func counts() throws(StorageError) -> RowCounts
}

extension LogReader {
    /// The bytes of up to `limit` entries in index order, from `index` on; fewer where the next one is missing.
    public func bytes(from index: UInt64, limit: Int) throws(StorageError) -> [[UInt8]] {
        var entries: [[UInt8]] = []
        _ = try forEachEntry(from: index, limit: limit) { entries.append([UInt8]($0)) }
        return entries
    }

    public func entries(at indices: [UInt64]) throws(StorageError) -> [StoredEntry] {
        var entries: [StoredEntry] = []
        for index in indices { entries += try self.entries(from: index, limit: 1).filter { $0.index == index } }
        return entries
    }

    public func last(of streams: [String]) throws(StorageError) -> [StoredEntry] {
        var entries: [StoredEntry] = []
        for stream in streams { if let last = try last(of: stream) { entries.append(last) } }
        return entries
    }

    public func idempotency(_ keys: [(principal: String, key: String)]) throws(StorageError) -> [IdempotencyRecord] {
        var records: [IdempotencyRecord] = []
        for key in keys {
            if let record = try idempotency(principal: key.principal, key: key.key) { records.append(record) }
        }
        return records
    }

    /// The stored tiles, as proofs read them.
    public func tile(level: Int, index: UInt64) throws -> [UInt8]? { try storedTile(level: level, index: index) }
}
