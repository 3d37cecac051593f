import CMicroHTTPD
import Concurrency

/// Feeds a body to the library: what is there is copied, what has yet to be made suspends the connection.
final class BodyStream: Sendable {
    private struct State: Sendable {
        var part: [UInt8] = []
        var sent = 0
        /// When the part that is being made was asked for; the connection is suspended meanwhile.
        var asked: ContinuousClock.Instant?
        /// When the part was made that is being sent.
        var made: ContinuousClock.Instant?
        var task: Task<Void, Never>?
        var end: Int?
    }

    private let state: Locked<State>
    private let next: (@Sendable () async throws -> [UInt8]?)?
    private let connection: SuspendableConnection
    private let gate: SuspensionGate
    /// Whether the body has no end of its own.
    let isLive: Bool

    /// Creates a source that begins with `part` and goes on with what `next` makes.
    init(
        part: [UInt8], next: (@Sendable () async throws -> [UInt8]?)?, connection: SuspendableConnection,
        gate: SuspensionGate, isLive: Bool = false
    ) {
        state = Locked(State(part: part))
        (self.next, self.connection, self.gate, self.isLive) = (next, connection, gate, isLive)
    }

    /// Copies what is there; answers the number of bytes, 0 after suspending, or one of the library's end marks.
    func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        state.withLock { state in
            let count = min(buffer.count, state.part.count - state.sent)
            if count > 0 {
                unsafe state.part.withUnsafeBytes {
                    unsafe buffer.copyMemory(from: .init(rebasing: $0[state.sent..<state.sent + count]))
                }
                state.sent += count
                return count
            }
            if let end = state.end { return end }
            guard let next else { return cmicrohttpd_end_of_stream }
            guard state.asked == nil else { return 0 }
            guard gate.suspend(connection) else { return cmicrohttpd_end_with_error }
            (state.asked, state.made) = (.now, nil)
            state.task = Task { [self] in
                do { deliver(try await next(), end: cmicrohttpd_end_of_stream) } catch {
                    deliver(nil, end: cmicrohttpd_end_with_error)
                }
            }
            return 0
        }
    }

    /// Takes the part that was asked for; an empty part asks again.
    private func deliver(_ part: [UInt8]?, end: Int) {
        let isAwaited = state.withLock { state in
            guard state.asked != nil else { return false }
            (state.asked, state.task) = (nil, nil)
            if let part { (state.part, state.sent, state.made) = (part, 0, .now) } else { state.end = end }
            return true
        }
        if isAwaited { gate.resume(connection) }
    }

    /// Gives the stream up; what is still being made is dropped.
    func abort() { end(cmicrohttpd_end_with_error) }

    /// Ends the stream after the part that is being sent, as if there were no more.
    func finish() { end(cmicrohttpd_end_of_stream) }

    private func end(_ mark: Int) {
        let task = state.withLock { state in
            state.end = mark
            return state.task
        }
        task?.cancel()
        deliver(nil, end: mark)
    }

    /// Whether the part that is being sent was made before `instant`.
    func isSendingPart(madeBefore instant: ContinuousClock.Instant) -> Bool {
        state.withLock { $0.made.map { $0 < instant } ?? false }
    }

    /// Gives the stream up when a part has been in the making since before `instant`.
    func abort(ifAskedBefore instant: ContinuousClock.Instant) {
        if state.withLock({ $0.asked.map { $0 < instant } ?? false }) { abort() }
    }
}
