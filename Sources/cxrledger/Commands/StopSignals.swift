import Concurrency
import Dispatch
import Glibc

/// The signals that ask the process to end: the first one politely, a later one at once.
final class StopSignals {
    /// `timeout` and process managers signal a process and then its group: what follows so soon is the same request.
    private static let echo = Duration.seconds(1)

    private let names: AsyncStream<String>
    /// When the first one came.
    private let asked: Locked<ContinuousClock.Instant?>
    private let watched: [any DispatchSourceSignal]

    /// Watches SIGTERM and SIGINT from now on.
    init() {
        let (names, continuation) = AsyncStream.makeStream(of: String.self)
        self.names = names
        let queue = DispatchQueue(label: "cxrledger.signals")
        let asked = Locked<ContinuousClock.Instant?>(nil)
        self.asked = asked
        watched = [(SIGTERM, "SIGTERM"), (SIGINT, "SIGINT")].map { number, name in
            // The default action would come before the source sees the signal.
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler {
                let first = asked.withLock { asked in
                    defer { asked = asked ?? .now }
                    return asked
                }
                guard let first else { return _ = continuation.yield(name) }
                if first.duration(to: .now) > Self.echo { _exit(128 + number) }
            }
            source.resume()
            return source
        }
    }

    /// Waits so long, or until the first signal has come.
    ///
    /// - Returns: whether it has.
    func haveCome(within time: Duration) async -> Bool {
        let end = ContinuousClock.now + time
        while asked.withLock({ $0 }) == nil, ContinuousClock.now < end {
            try? await Task.sleep(for: .milliseconds(50))  // nobody cancels it
        }
        return asked.withLock { $0 } != nil
    }

    /// Waits for the first signal; from then on the next one ends the process.
    func first() async -> String {
        for await name in names { return name }
        return "cancelled"
    }
}
