import Dispatch
import Glibc

/// The signals that ask the process to end: the first one politely, the second one at once.
final class StopSignals: Sendable {
    private let names: AsyncStream<String>
    private let queue = DispatchQueue(label: "cxrledger.signals")
    private let watched: [any DispatchSourceSignal]

    /// Watches SIGTERM and SIGINT from now on.
    init() {
        let (names, continuation) = AsyncStream.makeStream(of: String.self)
        self.names = names
        watched = [(SIGTERM, "SIGTERM"), (SIGINT, "SIGINT")].map { [queue] number, name in
            // The default action would come before the source sees the signal.
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            var count = 0  // only touched on the queue
            source.setEventHandler {
                count += 1
                if case .terminated = continuation.yield(name) { _exit(128 + number) }
            }
            source.resume()
            return source
        }
    }

    /// Waits for the first signal; from then on the next one ends the process.
    func first() async -> String {
        for await name in names { return name }
        return "stopped"
    }
}
