import CanonicalJSON
import Crypto
import Ledger

/// What a `CheckpointTimestamped` entry says.
struct StampedCheckpoint {
    let held: Holding.HeldCheckpoint
    /// Base64, as the entry holds it.
    private let token: String
    let authority: String
    let time: String

    /// - Throws: `.field` unless the entry is of that type and its fields agree with the note in it.
    init(_ entry: Entry) throws(LedgerError) {
        let envelope = try Envelope(parsing: entry.envelope)
        let payload = envelope.parsedPayload()
        guard envelope.type == "CheckpointTimestamped", let encoded = payload["checkpoint"]?.stringValue,
            let bytes = Base64.decode(encoded), let note = String(validating: bytes, as: UTF8.self),
            let authority = payload["authority"]?.stringValue, let time = payload["time"]?.stringValue,
            let token = payload["token"]?.stringValue
        else { throw LedgerError(.field, "stamp") }
        held = try .init(note)
        (self.authority, self.time, self.token) = (authority, time, token)
        guard payload["size"]?.integerValue == Int64(clamping: held.checkpoint.size),
            payload["root"]?.stringValue == held.checkpoint.root.hex
        else { throw LedgerError(.field, "stamp") }
    }
}

extension StampedCheckpoint {
    /// The time that one of the authorities vouches for; nil when none of them does.
    func time(by authorities: TimestampAuthorities) -> Timestamp? {
        let checkpoint = held.checkpoint
        let stamp = try? CheckpointStamp(
            checkpoint: Base64.encode(Array(held.note.description.utf8)), token: token, size: checkpoint.size,
            root: checkpoint.root.hex)
        return stamp.flatMap { try? $0.verify(authorities: authorities) }
    }
}

extension Holding {
    var isRecord: Bool {
        if case .record = self { return true }
        return false
    }
}
