import Concurrency

/// Consecutive entries of the log, each parsed once for all who fold them, on all cores.
struct EventPage: Sendable {
    struct Item: Sendable {
        let index: UInt64
        /// Nil when it cannot be read.
        let event: LoggedEvent?
    }

    let items: [Item]
    /// The event that is missing after them, in a log that goes on behind it.
    let gap: UInt64?
    /// How long the log is.
    let size: UInt64

    /// Reads so many entries at most.
    init(of log: any EventStore, from start: UInt64, limit: Int) async throws(StorageError) {
        let (entries, size) = try await log.read { reader throws(StorageError) in
            (try reader.entries(from: start, limit: limit), try reader.head()?.size ?? 0)
        }
        let dense = zip(start..., entries).prefix { $0 == $1.index }.map(\.1)
        items = concurrentMap(dense, minimumChunk: 32) { Item(index: $0.index, event: try? LoggedEvent($0)) }
        gap = dense.count < entries.count ? start + UInt64(dense.count) : nil
        self.size = size
    }

    /// Behind the last of them; nil when there are none.
    var end: UInt64? { items.last.map { $0.index + 1 } }
}
