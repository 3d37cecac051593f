import Concurrency
import Ledger
import Records
public import Storage

extension Application {
    /// Follows the log from an index on; opening is an event, and every one after it is the subscriber's.
    ///
    /// `types` only goes into that event: the subscriber leaves out what is not asked for.
    ///
    /// - Throws: `streams-full` when too many follow, `stream-ahead` for an index that the log has not come to.
    public func subscribe(
        from index: UInt64, types: [String] = [], _ context: RequestContext
    ) async throws(ServiceError) -> Subscription {
        try await require(.eventRead, for: "stream", context)
        guard let seat = subscriptions.take() else {
            throw ServiceError(
                .overloaded(retryAfterSeconds: 5), "streams-full",
                "\(SubscriptionSeats.limit) event streams are open here; close one, or try again in a moment.")
        }
        do {
            let found = try await proven.read(checkingSignatures: false) { _ throws(StorageError) in [] }
            guard index <= found.committed else {
                throw ServiceError(
                    .conflict, "stream-ahead",
                    "The log has \(found.committed) events, and you have seen \(index): it is another log, or it has lost its end. Compare checkpoints."
                )
            }
            let filters = ["from=\(index)"] + (types.isEmpty ? [] : ["types=\(types.joined(separator: ","))"])
            let due = Int64(clamping: found.size - min(index, found.size))
            try await note(
                .auditLogQueried(.init(operation: "stream", filters: filters, returned: due)), in: "access", context)
        } catch { throw ServiceError(wrapping: error) }
        return Subscription(self, from: index, context, seat)
    }

    /// Refuses whose key or sign-in no longer counts; unlike `authorized` it is no attempt to be counted.
    fileprivate func stillAllowed(_ context: RequestContext) async throws(ServiceError) {
        guard holdsKey(context, in: try await control.current()) else { throw Self.keyLost }
        if let session = context.principal.session, !sessions.isOpen(id: session) { throw Self.sessionEnded }
    }
}

/// The log as one reader follows it: what is there, in pages, and then what comes, as soon as it is released.
public final class Subscription: Sendable {
    /// What comes next.
    public enum Part: Sendable {
        /// Events in index order, each the previous + 1, over all parts.
        case events([LoggedEvent])
        /// Nothing came for a while.
        case quiet
    }

    private static let keepAlive = Duration.seconds(15)
    /// A page ends at so many events, or with the first that makes it so many bytes: what a slow reader makes us hold.
    private static let (limit, bytes) = (256, 1 << 20)

    private let application: Application
    private let context: RequestContext
    private let seat: SubscriptionSeats.Seat
    private let position: Locked<UInt64>

    fileprivate init(
        _ application: Application, from index: UInt64, _ context: RequestContext, _ seat: SubscriptionSeats.Seat
    ) {
        (self.application, self.context, self.seat, position) = (application, context, seat, Locked(index))
    }

    /// Waits for the next part; to be called by one task at a time.
    ///
    /// - Throws: when the key no longer counts, or the log is not what was signed. While the store does not answer, it waits.
    public func next() async throws(ServiceError) -> Part {
        let end = ContinuousClock.now + Self.keepAlive
        var pause = Duration.milliseconds(2)
        repeat {
            let start = position.withLock { $0 }
            do throws(ServiceError) {
                let (events, committed) = try await page(from: start)
                // After the reading: who lost the right before it sees nothing of it.
                try await application.stillAllowed(context)
                if let last = events.last {
                    position.withLock { $0 = last.index + 1 }
                    return .events(events)
                }
                if committed <= start {
                    _ = await application.log.hasGrown(beyond: start, within: end - .now)
                    continue
                }
                // Committed, and in a moment released.
            } catch { guard error.code == StorageError.Code.unavailable.rawValue else { throw error } }
            try? await Task.sleep(for: pause)  // cancelled: the loop's condition ends it
            pause = min(.milliseconds(500), pause * 2)
        } while ContinuousClock.now < end && !Task.isCancelled
        return .quiet
    }

    private func page(from start: UInt64) async throws(ServiceError) -> (events: [LoggedEvent], committed: UInt64) {
        do {
            let found = try await application.proven.past(
                below: start &+ UInt64(Self.limit), checkingSignatures: false
            ) { reader throws(StorageError) in
                var (entries, bytes): ([StoredEntry], Int) = ([], 0)
                for entry in try reader.entries(from: start, limit: Self.limit) where bytes < Self.bytes {
                    entries.append(entry)
                    bytes += entry.bytes.count
                }
                return entries
            }
            // A row that is gone is no end of the log, and must not be passed over in silence.
            let isMissing = found.events.isEmpty && start < found.size
            guard !isMissing, found.events.map(\.index) == Array(start..<start + UInt64(found.events.count)) else {
                throw StorageError(.corrupt, detail: "entries are missing after \(start)")
            }
            return (found.events, found.committed)
        } catch { throw ServiceError(wrapping: error) }
    }
}
