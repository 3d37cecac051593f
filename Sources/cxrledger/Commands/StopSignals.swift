import Concurrency
import Dispatch
import Glibc

/// The signals that ask the process to end: the first one politely, the second one at once.
final class StopSignals {
    private let names: AsyncStream<String>
    private let watched: [any DispatchSourceSignal]

    /// Watches SIGTERM and SIGINT from now on.
    init() {
        let (names, continuation) = AsyncStream.makeStream(of: String.self)
        self.names = names
        let queue = DispatchQueue(label: "cxrledger.signals")
        let isAsked = Locked(false)
        watched = [(SIGTERM, "SIGTERM"), (SIGINT, "SIGINT")].map { number, name in
            // The default action would come before the source sees the signal.
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler {
                let isFirst = isAsked.withLock { isAsked in
                    defer { isAsked = true }
                    return !isAsked
                }
                if isFirst { continuation.yield(name) } else { _exit(128 + number) }
            }
            source.resume()
            return source
        }
    }

    /// Waits for the first signal; from then on the next one ends the process.
    func first() async -> String {
        for await name in names { return name }
        return "cancelled"
    }
}
