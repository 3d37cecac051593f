import Concurrency
import Storage

/// Reads the stored bytes of a log in index order, and prepares several parts at once.
struct EntryStream {
    private static let width: UInt64 = 1_024
    let log: any EventStore

    /// A row that is not there.
    struct Missing: Error { let index: UInt64 }

    /// Calls `body` with what `prepare` makes of the entries from `first` on, part by part, up to `end`.
    ///
    /// `prepare` runs on all cores, `body` in the order of the log; it answers whether to go on.
    ///
    /// - Throws: `Missing`, what `body` throws and what the store throws.
    func read<Part: Sendable>(
        from first: UInt64, to end: UInt64,
        prepare: @escaping @Sendable (_ first: UInt64, _ entries: [[UInt8]]) -> Part,
        _ body: (_ part: Part) async throws -> Bool
    ) async throws {
        var starts = stride(from: first, to: end, by: Int(Self.width)).makeIterator()
        var pending: [Task<Part, any Error>] = []
        defer { for task in pending { task.cancel() } }
        func begin() {
            guard let start = starts.next() else { return }
            let limit = Int(min(Self.width, end - start))
            pending.append(
                Task { [log] in
                    let entries = try await log.read { reader throws(StorageError) in
                        try reader.bytes(from: start, limit: limit)
                    }
                    guard entries.count == limit else { throw Missing(index: start + UInt64(entries.count)) }
                    return prepare(start, entries)
                })
        }
        // Enough that no core waits while `body` takes its time.
        for _ in 0..<2 * ProcessorCount.available + 2 { begin() }
        while !pending.isEmpty {
            let part = try await pending.removeFirst().value
            begin()
            guard try await body(part) else { return }
        }
    }
}
