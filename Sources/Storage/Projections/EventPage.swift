import Concurrency
import Ledger
import Records

/// Consecutive entries of the log, each parsed once for all who fold them, on all cores.
struct EventPage: Sendable {
    struct Item: Sendable {
        enum Content: Sendable {
            indirect case event(LoggedEvent)
            /// Of a type that nobody asked for.
            case foreign
            case unreadable
        }

        let index: UInt64
        let content: Content
    }

    let items: [Item]
    /// The event that is missing after them, in a log that is longer.
    let gap: UInt64?
    /// How long the log is.
    let size: UInt64

    /// Reads so many entries at most, and parses those whose types change one of the projections.
    init(
        of log: any EventStore, from start: UInt64, limit: Int, for projections: [any FollowingProjection]
    ) async throws(StorageError) {
        let types = projections.reduce(Set<String>?.some([])) { types, projection in
            types.flatMap { projection.types?.union($0) }
        }
        let (entries, size) = try await log.read { reader throws(StorageError) in
            (try reader.bytes(from: start, limit: limit), try reader.head()?.size ?? 0)
        }
        items = concurrentMap(Array(zip(start..., entries)), minimumChunk: 32) { Item($1, at: $0, types: types) }
        let end = start + UInt64(entries.count)
        gap = entries.count < limit && end < size ? end : nil
        self.size = size
    }

    /// Behind the last of them; nil when there are none.
    var end: UInt64? { items.last.map { $0.index + 1 } }
}

extension EventPage.Item {
    /// Only the signed bytes say of which type an entry is; of one that is no type of ours they may be damaged.
    fileprivate init(_ bytes: [UInt8], at index: UInt64, types: Set<String>?) {
        self.index = index
        if let types, let range = try? Entry.envelopeRange(in: bytes),
            let type = Envelope.type(skimming: bytes.span.extracting(range)),
            EventType(rawValue: type) != nil, !types.contains(type)
        {
            content = .foreign
        } else if let event = try? LoggedEvent(bytes, at: index) {
            content = .event(event)
        } else {
            content = .unreadable
        }
    }

    var isReadable: Bool { if case .unreadable = content { false } else { true } }
}
