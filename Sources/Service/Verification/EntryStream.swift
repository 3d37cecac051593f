import Storage

/// Reads the stored bytes of a log in index order, the next part while the last one is worked on.
struct EntryStream {
    private static let chunk = 4_096
    let log: any EventStore

    private typealias Chunk = Result<[[UInt8]], StorageError>

    /// Calls `body` with the entries from `first` on, part by part, up to `end`.
    ///
    /// `body` answers whether to go on.
    ///
    /// - Throws: `.corrupt` when an entry is missing, with what `body` threw and what the store throws.
    func read(
        from first: UInt64, to end: UInt64,
        _ body: (_ first: UInt64, _ entries: [[UInt8]]) async throws -> Bool
    ) async throws {
        var first = first
        var pending = part(from: first, to: end)
        while first < end {
            let entries = try await pending.value.get()
            guard !entries.isEmpty else { throw Missing(index: first) }
            let next = first + UInt64(entries.count)
            pending = part(from: next, to: end)
            guard try await body(first, entries) else { return pending.cancel() }
            first = next
        }
    }

    /// A row that is not there.
    struct Missing: Error { let index: UInt64 }

    private func part(from first: UInt64, to end: UInt64) -> Task<Chunk, Never> {
        let limit = Int(min(UInt64(Self.chunk), end - min(first, end)))
        return Task { [log] in
            guard limit > 0 else { return .success([]) }
            do throws(StorageError) {
                return .success(
                    try await log.read { reader throws(StorageError) in try reader.bytes(from: first, limit: limit) })
            } catch { return .failure(error) }
        }
    }
}
