import Concurrency
import Ledger

/// Counts refused keys by address, so that a flood becomes one event a window instead of filling the log.
///
/// The first failure of a window is recorded at once; those that follow are counted and recorded when it ends.
final class AuthenticationFailures: Sendable {
    struct Summary: Sendable, Equatable {
        let address: String
        let count: Int64
        let credential: String?
    }

    private struct Window {
        let start: Timestamp
        var further: Int64 = 0
        var credential: String?
    }

    static let seconds: Int64 = 60
    private static let capacity = 10_000
    private let now: Clock
    private let windows = Locked<[String: Window]>([:])

    init(now: @escaping Clock) { self.now = now }

    /// Counts a failure; true when it opens a window and is to be recorded by itself.
    func add(address: String, credential: String?) -> Bool {
        let time = now()
        return windows.withLock { windows in
            // From more addresses than that, they share the window of no address.
            let address = windows[address] == nil && windows.count >= Self.capacity ? "" : address
            guard var window = windows[address] else {
                windows[address] = Window(start: time)
                return true
            }
            window.further += 1
            window.credential = credential ?? window.credential
            windows[address] = window
            return false
        }
    }

    /// Ends the windows that are over (all of them, when the service stops) and answers with what they counted.
    func ended(all: Bool = false) -> [Summary] {
        let time = now()
        return windows.withLock { windows in
            var summaries: [Summary] = []
            for (address, window) in windows
            where all || time.microseconds - window.start.microseconds >= Self.seconds * 1_000_000 {
                windows[address] = nil
                if window.further > 0 {
                    summaries.append(.init(address: address, count: window.further, credential: window.credential))
                }
            }
            return summaries
        }
    }
}
