import Concurrency

/// Enforces what the library cannot: deadlines for whole requests, whole answers and handlers.
extension ServerCore {
    /// Looks at every connection once.
    func sweep() {
        let now = ContinuousClock.now
        for connection in openConnections {
            let (phase, since) = connection.state.withLock { ($0.phase, $0.since) }
            switch phase {
            case .waiting: sweepWaiting(connection, now - since)
            case .receiving where now - since > configuration.receiveDeadline: sweepReceiving(connection)
            case .running where now - since > configuration.requestDeadline: giveUp(connection, .deadlineExceeded)
            case .sending: sweepSending(connection, now)
            case .receiving, .running, .answered, .cut: break
            }
        }
    }

    /// A connection that shows no request line, be it silent or dribbling, is closed without a word.
    private func sweepWaiting(_ connection: ClientConnection, _ waited: Duration) {
        connection.state.withLock { state in
            guard state.phase == .waiting else { return }
            // A client that has just connected, or whose request has arrived unread, is still served while draining.
            let isIdle = isDraining && waited > .milliseconds(250) && !connection.hasUnreadBytes
            if isIdle || waited > configuration.idleTimeout { connection.shut(&state) }
        }
    }

    private func sweepReceiving(_ connection: ClientConnection) {
        let (head, generation) = connection.state.withLock { ($0.head, $0.generation) }
        let response = refusal(.tooSlow, head: head)
        connection.state.withLock { state in
            guard state.phase == .receiving, state.generation == generation else { return }
            cut(connection, &state, answering: response)
            connection.shut(&state)
        }
    }

    /// Answers in the handler's place and cancels it.
    func giveUp(_ connection: ClientConnection, _ reason: HTTPRefusal) {
        let (head, generation, suspendable, task) = connection.state.withLock { state in
            (state.head, state.generation, state.phase == .running ? state.suspendable : nil, state.task)
        }
        guard let suspendable else { return }
        // First the answer: a handler that ends at once when it is cancelled must not be quicker.
        answer(connection, suspendable, generation, refusal(reason, head: head))
        task?.cancel()
    }

    private func sweepSending(_ connection: ClientConnection, _ now: ContinuousClock.Instant) {
        let isLate = connection.state.withLock { state in
            state.stream?.abort(ifAskedBefore: now - configuration.requestDeadline)
            guard let stream = state.stream, stream.isLive else {
                return now - state.since > configuration.sendDeadline
            }
            if isDraining { stream.finish() }
            return stream.isSendingPart(madeBefore: now - configuration.partDeadline)
        }
        if isLate { breakOff(connection) }
    }

    /// Ends an answer in its middle.
    func breakOff(_ connection: ClientConnection) {
        connection.state.withLock { state in
            guard state.phase == .sending else { return }
            state.stream?.abort()
            connection.shut(&state)
        }
    }
}
