import Concurrency

/// How many may follow the log at once: each holds a connection, a page of events, and a share of every commit's work.
final class SubscriptionSeats: Sendable {
    /// One of them; it is free again when nobody holds this.
    final class Seat: Sendable {
        private let seats: SubscriptionSeats

        fileprivate init(_ seats: SubscriptionSeats) { self.seats = seats }

        deinit { seats.count.withLock { $0 -= 1 } }
    }

    static let limit = 64
    private let count = Locked(0)

    var taken: Int { count.withLock { $0 } }

    /// Nil when all are taken.
    func take() -> Seat? {
        let isFree = count.withLock { count in
            guard count < Self.limit else { return false }
            count += 1
            return true
        }
        return isFree ? Seat(self) : nil
    }
}
