import Concurrency

/// A number that goes up by one each time it is asked.
final class Tally: Sendable {
    private let value = Locked(0)
    func next() -> Int {
        value.withLock { value in
            defer { value += 1 }
            return value
        }
    }
    var count: Int { value.withLock { $0 } }
}
