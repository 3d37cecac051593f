import Concurrency
import Ledger

/// Sums up who reads entry bundles: reading is an event, but one for each of thousands of files would bury the log.
///
/// The first bundle of a window is recorded at once, before it is given; those that follow are summed up, and recorded when
/// the window ends or they are ten, a hundred and so on, since a process that is killed forgets what it only counted. A
/// window belongs to a reader: credential, session, address and purpose.
final class BundleReadings: Sendable {
    /// What was read together.
    struct Summary: Hashable, Sendable {
        var bundles: Int64
        var entries: Int64
        /// The lowest index, and the one after the highest.
        var range: Range<UInt64>

        init(_ range: Range<UInt64>) { (bundles, entries, self.range) = (1, Int64(range.count), range) }

        mutating func add(_ other: Summary) {
            (bundles, entries) = (bundles + other.bundles, entries + other.entries)
            range =
                min(range.lowerBound, other.range.lowerBound)..<max(range.upperBound, other.range.upperBound)
        }
    }

    private struct Reader: Hashable {
        let principal: Principal
        let address: String?
        let purpose: String?
    }

    private struct Window {
        let start: Timestamp
        /// Of the reader's first request; its port and correlation stand for all.
        let context: RequestContext
        var further: Summary?
        /// How many further bundles are recorded before the window ends.
        var most: Int64 = 10
    }

    static let seconds: Int64 = 60
    /// How many readers are summed up at once; each reading of another one is recorded by itself.
    private static let capacity = 100
    private let now: Clock
    private let windows = Locked<[Reader: Window]>([:])

    init(now: @escaping Clock) { self.now = now }

    /// Counts the reading of a bundle.
    ///
    /// - Returns: what to record before it is given.
    func add(_ range: Range<UInt64>, _ context: RequestContext) -> Summary? {
        let (time, reading) = (now(), Summary(range))
        let reader = Reader(
            principal: context.principal, address: context.source.address, purpose: context.source.purpose)
        return windows.withLock { windows in
            guard var window = windows[reader] else {
                if windows.count < Self.capacity { windows[reader] = Window(start: time, context: context) }
                return reading
            }
            var further = reading
            if let before = window.further { further.add(before) }
            let isDue = further.bundles >= window.most
            window.further = isDue ? nil : further
            if isDue { window.most *= 10 }
            windows[reader] = window
            return isDue ? further : nil
        }
    }

    /// Ends the windows that are over (all of them, when the service stops) and answers with what they summed up.
    func ended(all: Bool = false) -> [(summary: Summary, context: RequestContext)] {
        let time = now()
        return windows.withLock { windows in
            var summaries: [(summary: Summary, context: RequestContext)] = []
            for (reader, window) in windows
            where all || time.microseconds - window.start.microseconds >= Self.seconds * 1_000_000 {
                windows[reader] = nil
                if let further = window.further { summaries.append((further, window.context)) }
            }
            return summaries
        }
    }
}
