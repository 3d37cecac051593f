import Concurrency
public import Ledger

/// A clock that goes on by a microsecond each time somebody looks, and can be set.
public final class TestClock: Sendable {
    private let time: Locked<Int64>

    public init(_ microseconds: Int64 = 1_700_000_000_000_000) { time = Locked(microseconds) }

    /// The time, as the sequencer asks for it.
    public var now: @Sendable () -> Timestamp {
        { [time] in
            Timestamp(
                microseconds: time.withLock {
                    $0 += 1
                    return $0
                })
        }
    }

    /// Puts the clock forward or, like an administrator in a hurry, back.
    public func set(_ microseconds: Int64) { time.withLock { $0 = microseconds } }
}
