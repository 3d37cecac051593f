import Concurrency
import Dispatch

/// Lets several transactions commit together or not at all, as far as they can say before they do.
final class Agreement: Sendable {
    private let isReached = Locked(true)
    private let everybody = DispatchGroup()

    init(of count: Int) {
        for _ in 0..<count { everybody.enter() }
    }

    /// Says whether one of them could commit, and waits for the others: it blocks.
    ///
    /// - Returns: whether all of them could.
    @discardableResult func vote(_ can: Bool) -> Bool {
        isReached.withLock { $0 = $0 && can }
        everybody.leave()
        everybody.wait()
        return isReached.withLock { $0 }
    }
}
