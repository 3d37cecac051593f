import Concurrency
import Dispatch

/// Calls the sweep five times a second, on a thread of its own: handlers that keep every cooperative thread busy must
/// not stop the deadlines that are there to end them.
final class Sweeper: Sendable {
    private static let interval = DispatchTimeInterval.milliseconds(200)
    private let queue = DispatchQueue(label: "http-server.sweep")
    private let isStopped = Locked(false)
    private let core: ServerCore

    /// Begins to sweep.
    init(_ core: ServerCore) {
        self.core = core
        schedule()
    }

    /// Sweeps no more.
    func stop() { isStopped.withLock { $0 = true } }

    private func schedule() {
        queue.asyncAfter(deadline: .now() + Self.interval) { [self] in
            guard !isStopped.withLock({ $0 }) else { return }
            core.sweep()
            schedule()
        }
    }
}
