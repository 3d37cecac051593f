import Concurrency

/// Everything a running server holds; the library's callbacks, the handlers' tasks and the sweep all meet here.
final class ServerCore: Sendable {
    let configuration: HTTPServerConfiguration
    let handler: any HTTPHandler
    let gate = SuspensionGate()
    let lingering = LingeringSockets()
    private let connections = Locked<[ObjectIdentifier: ClientConnection]>([:])
    private let draining = Counter()
    let openRequests = Counter()
    let runningHandlers = Counter()
    let bodies: BodyBudget
    let requestsTotal = Counter()
    let refusalsTotal = Counter()
    let bodyBytesTotal = Counter()

    /// Creates the state of a server that has not started.
    init(configuration: HTTPServerConfiguration, handler: any HTTPHandler) {
        (self.configuration, self.handler) = (configuration, handler)
        bodies = BodyBudget(
            limit: configuration.bufferedBodyBudget, strangersLimit: configuration.strangersBodyBudget)
    }

    /// Whether answers should say that the connection will close.
    var isDraining: Bool { draining.value > 0 }

    /// Makes every answer the last of its connection.
    func drain() { draining.add(1) }

    /// Remembers a connection that was accepted.
    func opened(_ connection: ClientConnection) {
        connections.withLock { $0[ObjectIdentifier(connection)] = connection }
    }

    /// Forgets a connection that the library is about to close.
    func closed(_ connection: ClientConnection) {
        ended(connection)
        // From here on nobody may touch the descriptor, which the library closes next.
        connection.state.withLock { $0.enter(.cut) }
        _ = connections.withLock { $0.removeValue(forKey: ObjectIdentifier(connection)) }
    }

    /// The connections that are open.
    var openConnections: [ClientConnection] { connections.withLock { Array($0.values) } }

    /// What the server holds and has done.
    var gauges: HTTPServerGauges {
        HTTPServerGauges(
            openConnections: connections.withLock(\.count), openRequests: openRequests.value,
            runningHandlers: runningHandlers.value,
            bufferedBodyBytes: bodies.held,
            requestsTotal: requestsTotal.value, refusalsTotal: refusalsTotal.value,
            bodyBytesTotal: bodyBytesTotal.value)
    }

    /// The answer to what the server refuses by itself.
    func refusal(_ reason: HTTPRefusal, head: HTTPRequestHead?) -> HTTPResponse {
        refusalsTotal.add(1)
        return handler.refusal(reason, head: head)
    }
}
