import Concurrency

/// The bytes of bodies that are held at once: of all requests, and the few of those whose senders are strangers.
final class BodyBudget: Sendable {
    private struct Held {
        var bytes = 0
        var strangersBytes = 0
    }

    private let limit: Int
    private let strangersLimit: Int
    private let state = Locked(Held())

    init(limit: Int, strangersLimit: Int) { (self.limit, self.strangersLimit) = (limit, strangersLimit) }

    /// How many are held.
    var held: Int { state.withLock { $0.bytes } }

    /// Whether so many more could be held now.
    func hasRoom(for bytes: Int, isKnown: Bool) -> Bool { state.withLock { fits(bytes, isKnown, $0) } }

    /// Holds so many more, or none when there is no room.
    func take(_ bytes: Int, isKnown: Bool) -> Bool {
        state.withLock { held in
            guard fits(bytes, isKnown, held) else { return false }
            held.bytes += bytes
            if !isKnown { held.strangersBytes += bytes }
            return true
        }
    }

    /// Lets go of some.
    func release(_ bytes: Int, isKnown: Bool) {
        state.withLock { held in
            held.bytes -= bytes
            if !isKnown { held.strangersBytes -= bytes }
        }
    }

    private func fits(_ bytes: Int, _ isKnown: Bool, _ held: Held) -> Bool {
        bytes <= limit - held.bytes && (isKnown || bytes <= strangersLimit - held.strangersBytes)
    }
}
