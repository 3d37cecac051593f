import CMicroHTTPD
import Concurrency
import Dispatch
import Glibc

/// An HTTP/1.1 server that knows no route: it reads requests within bounds and hands them to a handler.
///
/// A started server lives until it is stopped.
public final class HTTPServer: Sendable {
    private enum Life: Sendable {
        case created
        case running(MicroHTTPD, port: Int, sweeper: Sweeper)
        case stopped(port: Int)
    }

    private static let queue = DispatchQueue(label: "http-server.stop")
    private let core: ServerCore
    private let life = Locked(Life.created)

    /// Creates a server that listens once it is started.
    public init(configuration: HTTPServerConfiguration, handler: any HTTPHandler) {
        core = ServerCore(configuration: configuration, handler: handler)
    }

    /// Begins to listen.
    ///
    /// - Throws: `.portInUse`, `.permissionDenied`, `.addressUnavailable`, or `.alreadyStarted` the second time.
    public func start() throws(HTTPServerError) {
        try life.withLock { life throws(HTTPServerError) in
            guard case .created = life else { throw HTTPServerError(.alreadyStarted, "") }
            let socket = try ListeningSocket(host: core.configuration.host, port: core.configuration.port)
            do throws(HTTPServerError) {
                let daemon = try MicroHTTPD(core, socket: socket.descriptor)
                life = .running(daemon, port: socket.port, sweeper: Sweeper(core))
            } catch {
                close(socket.descriptor)
                throw error
            }
        }
    }

    /// Finds out whether a server can listen at an address, by listening for a moment at any free port.
    ///
    /// - Throws: as `start` does.
    public static func check(host: String) throws(HTTPServerError) {
        close(try ListeningSocket(host: host, port: 0).descriptor)
    }

    /// The port the server listens on, 0 before it is started.
    public var port: Int {
        life.withLock { life in
            switch life {
            case .created: 0
            case .running(_, let port, _), .stopped(let port): port
            }
        }
    }

    /// What the server holds and has done.
    public var gauges: HTTPServerGauges { core.gauges }

    /// The requests whose answer has not been sent.
    public var openRequests: Int { core.gauges.openRequests }

    /// Makes the process give large bodies back to the system as soon as they are dropped; call once, at its start.
    ///
    /// By itself the C library keeps up to 64 MiB for each thread that has held a large body. The setting concerns
    /// every block of the process from 1 MiB on, so it is for the program to choose.
    public static func returnLargeBlocksToTheSystem() { _ = cmicrohttpd_map_blocks_from(1 << 20) }

    /// Accepts no more connections, finishes and answers what was accepted, then stops.
    ///
    /// What is not answered within `grace` is refused with 503, and answers that are still being sent are broken off.
    public func stop(grace: Duration = .seconds(30)) async {
        let running: (daemon: MicroHTTPD, sweeper: Sweeper)? = life.withLock { life in
            guard case .running(let daemon, let port, let sweeper) = life else { return nil }
            life = .stopped(port: port)
            return (daemon, sweeper)
        }
        guard let running else { return }
        core.drain()
        let end = ContinuousClock.now + grace
        while ContinuousClock.now < end, !core.isIdle { await Self.pause() }
        running.sweeper.stop()
        core.gate.shut()
        repeat {
            core.abandon()
            await Self.pause()
        } while core.gate.count > 0
        // Joining the library's threads blocks, which a cooperative thread must not.
        await withCheckedContinuation { continuation in
            Self.queue.async {
                running.daemon.stop()
                continuation.resume()
            }
        }
    }

    /// Waits a moment even when the task that stops the server is cancelled.
    private static func pause() async {
        await withCheckedContinuation { continuation in
            queue.asyncAfter(deadline: .now() + .milliseconds(20)) { continuation.resume() }
        }
    }
}

extension ServerCore {
    /// Whether nothing that was accepted remains to be done.
    fileprivate var isIdle: Bool {
        sweep()
        let gauges = gauges
        return gauges.openConnections == 0 && gauges.openRequests == 0 && gauges.runningHandlers == 0
    }

    /// Ends everything that suspends a connection.
    fileprivate func abandon() {
        for connection in openConnections {
            switch connection.state.withLock(\.phase) {
            case .running: giveUp(connection, .overloaded(retryAfter: 5))
            case .sending: breakOff(connection)
            case .waiting, .receiving, .answered, .cut: break
            }
        }
    }
}
