import Concurrency

/// Consecutive entries of the log as they are stored.
struct EntryPage: Sendable {
    let start: UInt64
    let entries: [[UInt8]]
    /// The entry that is missing after them, in a log that is longer.
    let gap: UInt64?
    /// How long the log is.
    let size: UInt64

    /// Reads so many at most.
    init(of log: any EventStore, from start: UInt64, limit: Int) async throws(StorageError) {
        let (entries, size) = try await log.read { reader throws(StorageError) in
            (try reader.bytes(from: start, limit: limit), try reader.head()?.size ?? 0)
        }
        (self.start, self.entries, self.size) = (start, entries, size)
        let end = start + UInt64(entries.count)
        gap = entries.count < limit && end < size ? end : nil
    }

    /// Behind the last of them.
    var end: UInt64 { start + UInt64(entries.count) }

    /// Parses those whose types change one of the projections, on all cores.
    ///
    /// What is not kept of an event is gone before the
    /// next one is parsed.
    func map<Result: Sendable>(
        for projections: [any FollowingProjection], _ transform: @escaping @Sendable (EventItem) -> Result
    ) -> [Result] {
        let types = projections.reduce(Set<String>?.some([])) { types, projection in
            types.flatMap { projection.types?.union($0) }
        }
        return concurrentMap(Array(zip(start..., entries)), minimumChunk: 32) { index, bytes in
            transform(EventItem(bytes, at: index, types: types))
        }
    }
}
