import Concurrency

/// The life of a request, in the order of the functions; all but `answer` run on the library's thread.
extension ServerCore {
    /// A request line has been read.
    func began(_ connection: ClientConnection, target: [UInt8]) {
        openRequests.add(1)
        connection.state.withLock { state in
            state.enter(.receiving)
            (state.isOpen, state.target) = (true, target)
            state.generation += 1
        }
    }

    /// The header fields are there: decides whether the request goes on; answers false to close the connection.
    func headersArrived(
        _ connection: ClientConnection, method: String, version: String, headers: HTTPHeaders
    ) -> Bool {
        let (target, since) = connection.state.withLock { ($0.target, $0.since) }
        var head: HTTPRequestHead?
        do throws(HTTPRefusal) {
            let (targetLimit, headerLimit) = (configuration.targetLimit, configuration.headerLimit)
            guard target.count <= targetLimit else { throw .targetTooLong(limit: targetLimit) }
            let size = headers.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count }
            guard size <= headerLimit else { throw .headersTooLarge(limit: headerLimit) }
            guard HTTPHeaders.isToken(method) else { throw .malformed("the method is no token") }
            let framing = try RequestFraming(headers, version: version)
            let read = try HTTPRequestHead(
                method: HTTPMethod(rawValue: method), target: String(decoding: target, as: UTF8.self), headers: headers,
                remoteAddress: connection.address.host, remotePort: connection.address.port, receivedAt: since,
                contentLength: framing.contentLength)
            head = read
            switch handler.admit(read) {
            case .refuse(let response): return refuse(connection, head: read, response)
            case .accept(let bodyLimit, let isKnown):
                let limit = max(0, min(bodyLimit, configuration.bodyLimit))
                let declared = read.contentLength ?? 0
                guard declared <= limit else { throw .bodyTooLarge(limit: limit) }
                guard bodies.hasRoom(for: declared, isKnown: isKnown) else { throw .overloaded(retryAfter: 1) }
                return connection.state.withLock { state in
                    (state.head, state.bodyLimit, state.isKnown) = (read, limit, isKnown)
                    return state.phase == .receiving
                }
            }
        } catch {
            return refuse(connection, head: head, refusal(error, head: head))
        }
    }

    /// Answers early: at once and closing when a body would follow, in turn when there is none.
    private func refuse(_ connection: ClientConnection, head: HTTPRequestHead?, _ response: HTTPResponse) -> Bool {
        connection.state.withLock { state in
            guard state.phase == .receiving else { return false }
            if let head, head.contentLength == 0 {
                (state.head, state.answer) = (head, response)
                return true
            }
            cut(connection, &state, answering: response)
            lingering.adopt(connection.descriptor)
            return false
        }
    }

    /// A part of the body is there; answers false to close the connection.
    func bodyArrived(_ connection: ClientConnection, _ part: UnsafeRawBufferPointer) -> Bool {
        bodyBytesTotal.add(part.count)
        let refused: (reason: HTTPRefusal, head: HTTPRequestHead?)? = connection.state.withLock { state in
            guard state.phase == .receiving, part.count <= state.bodyLimit - state.body.count else {
                return (.bodyTooLarge(limit: state.bodyLimit), state.head)
            }
            guard bodies.take(part.count, isKnown: state.isKnown) else {
                return (.overloaded(retryAfter: 1), state.head)
            }
            let needed = state.body.count + part.count
            if needed > state.body.capacity {
                // Grows with what has come, never to what was only announced.
                let ceiling = state.head?.contentLength ?? state.bodyLimit
                state.body.reserveCapacity(max(needed, min(ceiling, 2 * needed)))
            }
            unsafe state.body.append(contentsOf: part)
            return nil
        }
        guard let refused else { return true }
        let response = refusal(refused.reason, head: refused.head)
        connection.state.withLock { state in
            guard state.phase == .receiving else { return }
            cut(connection, &state, answering: response)
            lingering.adopt(connection.descriptor)
        }
        return false
    }

    /// Answers past the library and lets go of the body at once.
    func cut(_ connection: ClientConnection, _ state: inout ClientConnection.State, answering response: HTTPResponse) {
        bodies.release(state.body.count, isKnown: state.isKnown)
        state.body = []
        connection.cut(&state, answering: response)
    }

    /// The request is complete: hands it to the handler while the connection is suspended.
    func completed(_ connection: ClientConnection, _ suspendable: SuspendableConnection) {
        let (request, generation, isKnown): (HTTPRequest?, Int, Bool) = connection.state.withLock { state in
            guard state.phase == .receiving, let head = state.head else { return (nil, 0, false) }
            let request = HTTPRequest(head: head, body: state.body)
            state.body = []
            state.enter(.running)
            return (request, state.generation, state.isKnown)
        }
        guard let request else { return }
        let held = request.body.count
        guard gate.suspend(suspendable) else {
            bodies.release(held, isKnown: isKnown)
            let response = refusal(.overloaded(retryAfter: 5), head: request.head)
            return connection.state.withLock { state in
                state.enter(.answered)
                state.answer = response
            }
        }
        runningHandlers.add(1)
        let task = Task { [self] in
            let response = await handler.respond(to: request)
            bodies.release(held, isKnown: isKnown)
            runningHandlers.add(-1)
            answer(connection, suspendable, generation, response)
        }
        connection.state.withLock { state in
            guard state.generation == generation, state.phase == .running else { return }
            (state.task, state.suspendable) = (task, suspendable)
        }
    }

    /// Stores an answer and wakes the connection; a second answer to the same request is dropped.
    func answer(
        _ connection: ClientConnection, _ suspendable: SuspendableConnection, _ generation: Int,
        _ response: HTTPResponse
    ) {
        let isAwaited = connection.state.withLock { state in
            guard state.phase == .running, state.generation == generation else { return false }
            state.enter(.answered)
            state.answer = response
            return true
        }
        if isAwaited { gate.resume(suspendable) }
    }

    /// The request is over, whether it was answered or the client has left.
    func ended(_ connection: ClientConnection) {
        let wasOpen = connection.state.withLock { state in
            guard state.isOpen else { return false }
            bodies.release(state.body.count, isKnown: state.isKnown)
            state.forget()
            if state.phase != .cut { state.enter(.waiting) }
            return true
        }
        guard wasOpen else { return }
        openRequests.add(-1)
        requestsTotal.add(1)
    }
}
