import Ledger
import Storage

/// The first entries of a log, as if it ended there.
struct PrefixLog: EventStore {
    private let log: any EventStore
    private let size: UInt64

    init(_ log: any EventStore, size: UInt64) { (self.log, self.size) = (log, size) }

    var origin: String { log.origin }

    func commit<Result: Sendable>(
        _ body: @escaping @Sendable (any LogReader) throws(StorageError) -> (write: BatchWrite?, result: Result)
    ) async throws(StorageError) -> Result {
        throw StorageError(.unavailable, detail: "a prefix of a log is only read")
    }

    func read<Result: Sendable>(
        _ body: @escaping @Sendable (any LogReader) throws(StorageError) -> Result
    ) async throws(StorageError) -> Result {
        let size = size
        return try await log.read { reader throws(StorageError) in try body(Prefix(reader: reader, size: size)) }
    }

    /// It never grows.
    func hasGrown(beyond size: UInt64, within limit: Duration) async -> Bool {
        try? await Task.sleep(for: limit)  // cancelled: it need not wait
        return false
    }

    private struct Prefix: LogReader {
        let reader: any LogReader
        let size: UInt64

        func head() throws(StorageError) -> Head? {
            guard var head = try reader.head() else { return nil }
            head.size = min(head.size, size)
            return head
        }

        func entries(from index: UInt64, limit: Int) throws(StorageError) -> [StoredEntry] {
            guard index < size else { return [] }
            return try reader.entries(from: index, limit: min(limit, Int(size - index)))
        }

        func forEachEntry(
            from index: UInt64, limit: Int, _ body: (Span<UInt8>) -> Void
        ) throws(StorageError) -> Int {
            guard index < size else { return 0 }
            return try reader.forEachEntry(from: index, limit: min(limit, Int(size - index)), body)
        }

        func entry(eventID: String) throws(StorageError) -> StoredEntry? { try reader.entry(eventID: eventID) }
        func stream(_ stream: String, from version: UInt64, limit: Int) throws(StorageError) -> [StoredEntry] {
            try reader.stream(stream, from: version, limit: limit).filter { $0.index < size }
        }
        func last(of stream: String) throws(StorageError) -> StoredEntry? { try reader.last(of: stream) }
        func controlEntries(from index: UInt64) throws(StorageError) -> [StoredEntry] {
            try reader.controlEntries(from: index).filter { $0.index < size }
        }
        func idempotency(principal: String, key: String) throws(StorageError) -> IdempotencyRecord? {
            try reader.idempotency(principal: principal, key: key)
        }
        func idempotencyRecords(in range: Range<UInt64>) throws(StorageError) -> [IdempotencyRecord] {
            try reader.idempotencyRecords(in: range.clamped(to: 0..<size))
        }
        func counts() throws(StorageError) -> RowCounts { try reader.counts() }
        func storedTile(level: Int, index: UInt64) throws(StorageError) -> [UInt8]? {
            try reader.storedTile(level: level, index: index)
        }
    }
}
