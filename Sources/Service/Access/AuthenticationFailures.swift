import Concurrency
import Ledger

/// Counts refused keys, so that a flood becomes one event a window instead of filling the log.
///
/// A window belongs to a network and, for a key that once was right, its credential. The first failure of a window is
/// recorded at once; those that follow are counted, and recorded when it ends or they are ten, a hundred and so on, since a
/// process that is killed forgets what it only counted. From very many networks at a time they share one window.
final class AuthenticationFailures: Sendable {
    /// What is counted together.
    struct Origin: Hashable, Sendable {
        /// An IPv4 address or an IPv6 network of 64 bits; empty for all that share a window.
        let network: String
        /// Whose rotated or revoked key it was, if anybody's.
        let credential: String?
    }

    struct Summary: Hashable, Sendable {
        let origin: Origin
        let count: Int64
    }

    private struct Window {
        let start: Timestamp
        var further: Int64 = 0
        /// How many further ones are recorded before the window ends.
        var most: Int64 = 10
    }

    static let seconds: Int64 = 60
    /// How many windows, each with an event of its own, there are at once.
    private static let capacity = 100
    private let now: Clock
    private let windows = Locked<[Origin: Window]>([:])

    init(now: @escaping Clock) { self.now = now }

    /// Counts a failure.
    ///
    /// - Returns: what to record at once.
    func add(address: String?, credential: String?) -> Summary? {
        let time = now()
        var origin = Origin(network: address.map(NetworkName.group) ?? "", credential: credential)
        return windows.withLock { windows in
            if windows[origin] == nil, windows.count >= Self.capacity { origin = Origin(network: "", credential: nil) }
            guard var window = windows[origin] else {
                windows[origin] = Window(start: time)
                return Summary(origin: origin, count: 1)
            }
            window.further += 1
            defer { windows[origin] = window }
            guard window.further == window.most else { return nil }
            (window.further, window.most) = (0, window.most * 10)
            return Summary(origin: origin, count: window.most / 10)
        }
    }

    /// Ends the windows that are over (all of them, when the service stops) and answers with what they counted.
    func ended(all: Bool = false) -> [Summary] {
        let time = now()
        return windows.withLock { windows in
            var summaries: [Summary] = []
            for (origin, window) in windows
            where all || time.microseconds - window.start.microseconds >= Self.seconds * 1_000_000 {
                windows[origin] = nil
                if window.further > 0 { summaries.append(Summary(origin: origin, count: window.further)) }
            }
            return summaries
        }
    }
}
