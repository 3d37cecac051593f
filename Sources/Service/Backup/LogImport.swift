import Concurrency
public import Crypto
import Ledger
public import Storage

/// Writes the entries of a log into an empty store in large batches, one of which is made while the one before is written.
///
/// Their tree alone is computed here: whoever has verified the entries, and finds the same root at the end, has the same
/// entries.
public struct LogImport {
    private let log: any EventStore
    private var builder = BatchBuilder()
    private var frontier = TileFrontier()
    private var pending: (entries: [[UInt8]], events: [EnvelopeColumns], leaves: [Digest]) = ([], [], [])
    private var writing: Task<Void, any Error>?
    /// What an import that was interrupted has written.
    private let begun: Head

    /// How many entries are written at once.
    static let batch = 8_192

    /// Begins with a store that holds nothing, or what an interrupted import of the same entries has written.
    public init(into log: any EventStore) async throws(StorageError) {
        self.log = log
        begun = try await log.read { reader throws(StorageError) in try reader.head() ?? .empty }
    }

    /// The root of what was added so far.
    public var root: Digest { frontier.root }

    /// Adds the next entries in index order.
    ///
    /// - Throws: `StorageError`, `.incompatible` when the store holds others.
    public mutating func add(_ entries: [[UInt8]]) async throws {
        let read = concurrentMap(entries, minimumChunk: 32) { bytes in
            (try? Entry.envelopeRange(in: bytes)).flatMap { try? EnvelopeColumns(skimming: Array(bytes[$0])) }
                .map { (event: $0, leaf: Entry.hash(bytes)) }
        }
        for (entry, parsed) in zip(entries, read) {
            guard let parsed else { throw StorageError(.corrupt, detail: "an entry cannot be read") }
            pending.entries.append(entry)
            pending.events.append(parsed.event)
            pending.leaves.append(parsed.leaf)
            let size = builder.head.size + UInt64(pending.entries.count)
            if size == begun.size || (size > begun.size && pending.entries.count >= Self.batch) { try await flush() }
        }
    }

    /// Waits until everything is written.
    ///
    /// - Throws: as `add`.
    public mutating func finish() async throws {
        try await flush()
        guard builder.head.size >= begun.size else { throw StorageError(.incompatible, detail: "holds more entries") }
        try await writing?.value
    }

    private mutating func flush() async throws {
        guard !pending.entries.isEmpty else { return }
        let tiles = frontier.append(pending.leaves)
        let write = builder.batch(pending.entries, pending.events, tiles: tiles, root: frontier.root)
        pending = ([], [], [])
        if write.head.size == begun.size {
            guard write.head == begun else { throw StorageError(.incompatible, detail: "holds other entries") }
        }
        guard write.head.size > begun.size else { return }
        try await writing?.value
        writing = Task { [log] in try await log.commit { _ throws(StorageError) in (write, ()) } }
    }
}
