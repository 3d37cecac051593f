import Concurrency
import Records
import Storage

/// The control state as the log has it now, folded once and then only from where it stopped.
///
/// The head's epoch is read each time, so a change that any process acknowledged is seen by the next request.
struct ControlPlane: Sendable {
    private struct Folded: Sendable {
        var state = ControlState()
        var next: UInt64 = 0
    }

    private let log: any EventStore
    private let folded = Locked(Folded())

    init(log: any EventStore) { self.log = log }

    func current() async throws(ServiceError) -> ControlState {
        let known = folded.withLock { $0 }
        do {
            let (epoch, size, entries) = try await log.read { reader throws(StorageError) in
                let head = try reader.head() ?? .empty
                let isCurrent = head.epoch == known.state.epoch
                return (head.epoch, head.size, isCurrent ? [] : try reader.controlEntries(from: known.next))
            }
            var next = known
            for entry in entries { next.state.evolve(with: try LoggedEvent(entry).fact) }
            next.next = size
            guard next.state.epoch == epoch else {
                throw StorageError(.corrupt, detail: "epoch \(epoch), but \(next.state.epoch) control events")
            }
            let result = next
            folded.withLock { if $0.state.epoch <= result.state.epoch { $0 = result } }
            return result.state
        } catch { throw ServiceError(wrapping: error) }
    }
}
