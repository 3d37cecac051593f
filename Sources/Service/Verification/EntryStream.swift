import Concurrency
import Storage

/// Reads the stored bytes of a log in index order, and prepares several parts at once.
struct EntryStream {
    /// How many entries a part has.
    static let width: UInt64 = 1_024
    let log: any EventStore

    /// A row that is not there.
    struct Missing: Error { let index: UInt64 }

    /// Calls `body` with what is made of the entries from `first` on, part by part, up to `end`.
    ///
    /// `gather` reads the entries of a range and whatever belongs to them, and says how many there were; it runs where the
    /// store reads, on as many cores as it reads with. What takes long belongs into `prepare`, which keeps nobody from
    /// reading. `body` runs in the order of the log and answers whether to go on.
    ///
    /// - Throws: `Missing`, what `body` throws and what the store throws.
    func read<Gathered: Sendable, Part: Sendable>(
        from first: UInt64, to end: UInt64,
        gather: @escaping @Sendable (any LogReader, Range<UInt64>) throws(StorageError) -> (Gathered, count: Int),
        prepare: @escaping @Sendable (_ first: UInt64, _ gathered: Gathered) -> Part,
        _ body: (_ part: Part) async throws -> Bool
    ) async throws {
        var starts = stride(from: first, to: end, by: Int(Self.width)).makeIterator()
        var pending: [Task<Part, any Error>] = []
        defer { for task in pending { task.cancel() } }
        func begin() {
            guard let start = starts.next() else { return }
            let range = start..<min(start + Self.width, end)
            pending.append(
                Task { [log] in
                    let (gathered, count) = try await log.read { reader throws(StorageError) in
                        try gather(reader, range)
                    }
                    guard count == range.count else { throw Missing(index: start + UInt64(count)) }
                    return prepare(start, gathered)
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
