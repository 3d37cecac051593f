import Concurrency
import Storage

/// A store that answers with other bytes than are stored, until it is put right.
final class AlteredStore: EventStore {
    enum Alteration: Sendable {
        /// One bit of the entry at an index.
        case entry(UInt64)
        /// The first letter of the type that the entry at an index has.
        case type(UInt64)
        /// The row at an index is gone.
        case missing(UInt64)
        /// The row at an index cannot be read.
        case unreadable(UInt64)
        /// One bit of a tile.
        case tile(level: Int, index: UInt64, byte: Int)
    }

    private let store: any EventStore
    private let alteration: Locked<Alteration?>

    init(_ store: any EventStore, _ alteration: Alteration) {
        (self.store, self.alteration) = (store, Locked(alteration))
    }

    var origin: String { store.origin }

    func putRight() { alteration.withLock { $0 = nil } }

    func commit<Result: Sendable>(
        _ body: @escaping @Sendable (any LogReader) throws(StorageError) -> (write: BatchWrite?, result: Result)
    ) async throws(StorageError) -> Result {
        try await store.commit(body)
    }

    func read<Result: Sendable>(
        _ body: @escaping @Sendable (any LogReader) throws(StorageError) -> Result
    ) async throws(StorageError) -> Result {
        guard let alteration = alteration.withLock({ $0 }) else { return try await store.read(body) }
        return try await store.read { reader throws(StorageError) in
            try body(AlteredReader(reader: reader, alteration: alteration))
        }
    }

    func hasGrown(beyond size: UInt64, within limit: Duration) async -> Bool {
        await store.hasGrown(beyond: size, within: limit)
    }
}

private struct AlteredReader: LogReader {
    let reader: any LogReader
    let alteration: AlteredStore.Alteration

    func head() throws(StorageError) -> Head? { try reader.head() }

    func entries(from index: UInt64, limit: Int) throws(StorageError) -> [StoredEntry] {
        let entries = try reader.entries(from: index, limit: limit)
        switch alteration {
        case .entry(let place), .type(let place):
            return entries.map { entry in
                guard entry.index == place else { return entry }
                var (bytes, letter) = (entry.bytes, entry.bytes.count / 2)
                if case .type = alteration, let name = bytes.firstRange(of: Array("\"type\":\"".utf8)) {
                    letter = name.upperBound
                }
                bytes[letter] ^= 0x40
                return StoredEntry(
                    index: entry.index, eventID: entry.eventID, stream: entry.stream, version: entry.version,
                    type: entry.type, isControl: entry.isControl, bytes: bytes)
            }
        case .missing(let place): return entries.filter { $0.index != place }
        case .unreadable(let place):
            guard !entries.contains(where: { $0.index == place }) else { throw StorageError(.corrupt) }
            return entries
        case .tile: return entries
        }
    }

    func forEachEntry(
        from index: UInt64, limit: Int, _ body: (Span<UInt8>) -> Void
    ) throws(StorageError) -> Int {
        let found = try entries(from: index, limit: limit)
        for entry in found { body(entry.bytes.span) }
        return found.count
    }

    func storedTile(level: Int, index: UInt64) throws(StorageError) -> [UInt8]? {
        var tile = try reader.storedTile(level: level, index: index)
        if case .tile(level, index, let byte) = alteration { tile?[byte] ^= 0x01 }
        return tile
    }

    func entry(eventID: String) throws(StorageError) -> StoredEntry? { try reader.entry(eventID: eventID) }

    func stream(_ stream: String, from version: UInt64, limit: Int) throws(StorageError) -> [StoredEntry] {
        try reader.stream(stream, from: version, limit: limit)
    }

    func last(of stream: String) throws(StorageError) -> StoredEntry? { try reader.last(of: stream) }

    func controlEntries(from index: UInt64) throws(StorageError) -> [StoredEntry] {
        try reader.controlEntries(from: index)
    }

    func idempotency(principal: String, key: String) throws(StorageError) -> IdempotencyRecord? {
        try reader.idempotency(principal: principal, key: key)
    }

    func idempotencyRecords(in range: Range<UInt64>) throws(StorageError) -> [IdempotencyRecord] {
        try reader.idempotencyRecords(in: range)
    }

    func counts() throws(StorageError) -> RowCounts { try reader.counts() }
}
