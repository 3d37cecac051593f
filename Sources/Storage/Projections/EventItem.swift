import Ledger
import Records

/// An entry as those who fold it see it.
struct EventItem: Sendable {
    enum Content: Sendable {
        case event(LoggedEvent)
        /// Of a type that nobody asked for.
        case foreign
        case unreadable
    }

    let index: UInt64
    let content: Content

    /// Only the signed bytes say of which type an entry is; of one that is no type of ours they may be damaged.
    init(_ bytes: [UInt8], at index: UInt64, types: Set<String>?) {
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

extension FollowingProjection {
    /// What one event changes: nothing when it is passed over, nil when it cannot be read.
    func changes(for item: EventItem, skipping skips: ProjectionSkips) -> [TableChange]? {
        if skips.contains(item.index) { return [] }
        return switch item.content {
        case .event(let event): changes(for: event)
        case .foreign: []
        case .unreadable: nil
        }
    }
}
