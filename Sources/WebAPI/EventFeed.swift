import CanonicalJSON
import Concurrency
import Crypto
import Ledger
import Service
import Storage

/// Writes what a subscription gives as server-sent events.
final class EventFeed: Sendable {
    private enum State { case new, open, closed }

    private let subscription: Subscription
    /// The types that are wanted; all when empty.
    private let types: Set<String>
    private let state = Locked(State.new)

    init(_ subscription: Subscription, types: [String]) { (self.subscription, self.types) = (subscription, Set(types)) }

    /// The next lines; nil after the last.
    func next() async -> [UInt8]? {
        switch state.withLock({ $0 }) {
        case .closed: return nil
        case .new:
            state.withLock { $0 = .open }
            // How many milliseconds a client waits before it comes back.
            return Array("retry: 1000\n\n".utf8)
        case .open: break
        }
        do throws(ServiceError) {
            switch try await subscription.next() {
            case .quiet: return Array(":\n\n".utf8)
            case .events(let events): return lines(of: events)
            }
        } catch {
            state.withLock { $0 = .closed }
            let reason: JSONValue = ["code": .string(error.code), "detail": .string(error.detail)]
            return Array("event: closed\ndata: ".utf8) + reason.canonicalBytes() + Array("\n\n".utf8)
        }
    }

    private func lines(of events: [LoggedEvent]) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(events.reduce(0) { $0 + Entry.lineSize(ofEntry: $1.bytes.count) + 200 })
        for event in events {
            let type = event.envelope.type
            guard types.isEmpty || types.contains(type), let entry = try? Entry(decoding: event.bytes) else {
                // Without data it is no event to the client, but the place to go on from; that of the last is enough.
                if event.index == events.last?.index { text += "id: \(event.index)\n\n".utf8 }
                continue
            }
            text += "id: \(event.index)\nevent: \(type)\ndata: {\"entry\":".utf8
            entry.writeDSSE(into: &text)
            text += ",\"entry_hash\":\"\(event.entryHash.hex)\",\"index\":\(event.index)}\n\n".utf8
        }
        return text
    }
}
