import Ledger

/// The content of a log in memory: a value, so that a copy of it is a snapshot.
///
/// Text is compared by its bytes, as databases do; Swift would take two spellings of a letter for the same.
struct MemoryLog: LogReader, Sendable {
    private struct Place: Hashable {
        let stream: [UInt8]
        let version: UInt64
    }

    private struct Key: Hashable {
        let principal: [UInt8]
        let key: [UInt8]
    }

    private var state: Head?
    private var entries: [StoredEntry] = []
    private var indexOfEvent: [[UInt8]: Int] = [:]
    private var indexAtPlace: [Place: Int] = [:]
    /// The last version of each stream.
    private var ends: [[UInt8]: UInt64] = [:]
    private var control: [Int] = []
    private var tiles: [TileCoordinate: [UInt8]] = [:]
    /// In the order of their indices.
    private var records: [IdempotencyRecord] = []
    private var recordOfKey: [Key: Int] = [:]

    init() {}

    /// Adds a whole batch, or nothing when an entry, a place in a stream or a key is there already.
    mutating func add(_ write: BatchWrite) throws(StorageError) {
        var next = self
        for entry in write.entries { try next.add(entry) }
        for tile in write.tiles { next.tiles[TileCoordinate(level: tile.level, index: tile.index)] = tile.bytes }
        for record in write.idempotency { try next.add(record) }
        next.state = write.head
        self = next
    }

    private mutating func add(_ entry: StoredEntry) throws(StorageError) {
        let stream = Array(entry.stream.utf8)
        let known = [
            indexOfEvent.updateValue(entries.count, forKey: Array(entry.eventID.utf8)),
            indexAtPlace.updateValue(entries.count, forKey: Place(stream: stream, version: entry.version)),
        ]
        guard entry.index == entries.count, entry.bytes.count <= Entry.maximumSize, known.allSatisfy({ $0 == nil })
        else { throw StorageError(.corrupt, detail: "entry \(entry.index) cannot be added") }
        ends[stream] = max(ends[stream] ?? 0, entry.version)
        if entry.isControl { control.append(entries.count) }
        entries.append(entry)
    }

    private mutating func add(_ record: IdempotencyRecord) throws(StorageError) {
        let key = Key(principal: Array(record.principal.utf8), key: Array(record.key.utf8))
        guard recordOfKey.updateValue(records.count, forKey: key) == nil else {
            throw StorageError(.corrupt, detail: "an idempotency key cannot be added twice")
        }
        records.append(record)
    }

    func head() -> Head? { state }

    func entries(from index: UInt64, limit: Int) -> [StoredEntry] {
        Array(entries.dropFirst(Int(clamping: index)).prefix(limit))
    }

    func forEachEntry(from index: UInt64, limit: Int, _ body: (Span<UInt8>) -> Void) -> Int {
        let found = entries(from: index, limit: limit)
        for entry in found { body(entry.bytes.span) }
        return found.count
    }

    func entry(eventID: String) -> StoredEntry? { indexOfEvent[Array(eventID.utf8)].map { entries[$0] } }

    func stream(_ stream: String, from version: UInt64, limit: Int) -> [StoredEntry] {
        let name = Array(stream.utf8)
        guard let end = ends[name], version <= end else { return [] }
        let places = (version...end).lazy.compactMap { indexAtPlace[Place(stream: name, version: $0)] }
        return places.prefix(limit).map { entries[$0] }
    }

    func last(of stream: String) -> StoredEntry? {
        let name = Array(stream.utf8)
        return ends[name].flatMap { indexAtPlace[Place(stream: name, version: $0)] }.map { entries[$0] }
    }

    func controlEntries(from index: UInt64) -> [StoredEntry] {
        control.lazy.filter { $0 >= index }.map { entries[$0] }
    }

    func idempotency(principal: String, key: String) -> IdempotencyRecord? {
        recordOfKey[Key(principal: Array(principal.utf8), key: Array(key.utf8))].map { records[$0] }
    }

    func idempotencyRecords(in range: Range<UInt64>) -> [IdempotencyRecord] {
        records.filter { range.contains($0.index) }
    }

    func storedTile(level: Int, index: UInt64) -> [UInt8]? { tiles[TileCoordinate(level: level, index: index)] }

    func counts() -> RowCounts {
        RowCounts(entries: entries.count, tiles: tiles.count, idempotency: records.count)
    }
}
