import Ledger

/// A log as it is foreseen; what was not foreseen is refused.
struct ForesightReader: LogReader {
    private let known: Head
    private let ends: [StoredEntry]

    /// `ends` are the last entries of all streams that will be asked for and exist.
    init(known: Head, ends: [StoredEntry]) { (self.known, self.ends) = (known, ends) }

    func head() -> Head? { known }
    func last(of streams: [String]) -> [StoredEntry] { ends }
    func idempotency(_ keys: [(principal: String, key: String)]) -> [IdempotencyRecord] { [] }

    func entries(from index: UInt64, limit: Int) throws(StorageError) -> [StoredEntry] { throw Self.unforeseen }
    func forEachEntry(from index: UInt64, limit: Int, _ body: (Span<UInt8>) -> Void) throws(StorageError) -> Int {
        throw Self.unforeseen
    }
    func entry(eventID: String) throws(StorageError) -> StoredEntry? { throw Self.unforeseen }
    func stream(_ stream: String, from version: UInt64, limit: Int) throws(StorageError) -> [StoredEntry] {
        throw Self.unforeseen
    }
    func last(of stream: String) throws(StorageError) -> StoredEntry? { throw Self.unforeseen }
    func controlEntries(from index: UInt64) throws(StorageError) -> [StoredEntry] { throw Self.unforeseen }
    func idempotency(principal: String, key: String) throws(StorageError) -> IdempotencyRecord? {
        throw Self.unforeseen
    }
    func idempotencyRecords(in range: Range<UInt64>) throws(StorageError) -> [IdempotencyRecord] {
        throw Self.unforeseen
    }
    func storedTile(level: Int, index: UInt64) throws(StorageError) -> [UInt8]? { throw Self.unforeseen }
    func counts() throws(StorageError) -> RowCounts { throw Self.unforeseen }

    private static let unforeseen = StorageError(.missing, detail: "not foreseen")
}
