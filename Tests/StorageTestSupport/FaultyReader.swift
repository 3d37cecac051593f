import Storage

/// One transaction's view whose questions fail by plan.
struct FaultyReader: LogReader {
    let reader: any LogReader
    let plan: FaultPlan

    func head() throws(StorageError) -> Head? {
        try plan.pass("head")
        return try reader.head()
    }

    func entries(from index: UInt64, limit: Int) throws(StorageError) -> [StoredEntry] {
        try plan.pass("entries")
        return try reader.entries(from: index, limit: limit)
    }

    func forEachEntry(
        from index: UInt64, limit: Int, _ body: (Span<UInt8>) -> Void
    ) throws(StorageError) -> Int {
        try plan.pass("bytes")
        return try reader.forEachEntry(from: index, limit: limit, body)
    }

    func entry(eventID: String) throws(StorageError) -> StoredEntry? {
        try plan.pass("event")
        return try reader.entry(eventID: eventID)
    }

    func stream(_ stream: String, from version: UInt64, limit: Int) throws(StorageError) -> [StoredEntry] {
        try plan.pass("stream")
        return try reader.stream(stream, from: version, limit: limit)
    }

    func last(of stream: String) throws(StorageError) -> StoredEntry? {
        try plan.pass("end of stream")
        return try reader.last(of: stream)
    }

    func controlEntries(from index: UInt64) throws(StorageError) -> [StoredEntry] {
        try plan.pass("control entries")
        return try reader.controlEntries(from: index)
    }

    func idempotency(principal: String, key: String) throws(StorageError) -> IdempotencyRecord? {
        try plan.pass("idempotency key")
        return try reader.idempotency(principal: principal, key: key)
    }

    func idempotencyRecords(in range: Range<UInt64>) throws(StorageError) -> [IdempotencyRecord] {
        try plan.pass("idempotency keys")
        return try reader.idempotencyRecords(in: range)
    }

    func storedTile(level: Int, index: UInt64) throws(StorageError) -> [UInt8]? {
        try plan.pass("tile")
        return try reader.storedTile(level: level, index: index)
    }

    func counts() throws(StorageError) -> RowCounts {
        try plan.pass("counts")
        return try reader.counts()
    }
}
