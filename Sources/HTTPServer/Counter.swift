import Synchronization

/// A number that many threads change.
final class Counter: Sendable {
    private let atomic = Atomic(0)

    /// The number now.
    var value: Int { atomic.load(ordering: .relaxed) }

    /// Adds, or subtracts what is negative, and answers the sum.
    @discardableResult func add(_ amount: Int) -> Int { atomic.add(amount, ordering: .relaxed).newValue }
}
