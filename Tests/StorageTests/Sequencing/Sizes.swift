import Concurrency

/// Collects the sizes that somebody was told.
final class Sizes: Sendable {
    private let sizes = Locked<[UInt64]>([])

    var all: [UInt64] { sizes.withLock { $0 } }

    func add(_ size: UInt64) { sizes.withLock { $0.append(size) } }
}
