import CanonicalJSON
import Crypto
import Ledger

/// Builds logs, right or wrong in a chosen way.
struct SampleLog {
    let origin = "log.example/cxr"
    let root: Ed25519.PrivateKey
    private(set) var eventKey: Ed25519.PrivateKey
    private(set) var entries: [[UInt8]] = []
    private var ends: [String: (version: UInt64, digest: Digest)] = [:]
    private var time: Int64 = 1_700_000_000_000_000

    /// An empty log with its first event.
    init(firstType: String = "KeysCertified", validFrom: UInt64 = 0, certifiedFor log: String? = nil) throws {
        (root, eventKey) = (try Fixture.key(), try Fixture.key(1))
        let payload = certification(
            [(eventKey, .event), (try Fixture.key(2), .checkpoint)], validFrom: validFrom, log: log ?? origin)
        add(stream: "keys", type: firstType, payload: payload)
    }

    /// The payload of a `KeysCertified` event.
    func certification(
        _ keys: [(Ed25519.PrivateKey, KeyCertificate.Purpose)], validFrom: UInt64, log: String
    ) -> JSONValue {
        let keys: [JSONValue] = keys.map { key, purpose in
            let certificate = KeyCertificate(key: key.publicKey, purpose: purpose, log: log, validFrom: validFrom)
            let (bytes, signature) = certificate.signed(by: root)
            return ["certificate": .string(Base64.encode(bytes)), "signature": .string(Base64.encode(signature))]
        }
        return ["root": .string(Base64.encode(root.publicKey.bytes)), "keys": .array(keys)]
    }

    /// Certifies a new event key and signs with it from its index on.
    mutating func rotate(to key: Ed25519.PrivateKey) {
        let next = UInt64(entries.count) + 1
        add(
            stream: "keys", type: "KeysCertified", payload: certification([(key, .event)], validFrom: next, log: origin)
        )
        eventKey = key
    }

    /// Appends an event; the parameters with defaults make it a wrong one.
    mutating func add(
        stream: String, type: String = "PredictionRecorded", payload: JSONValue = [:], log: String? = nil,
        version: UInt64? = nil, previous: Digest? = nil, later: Int64 = 1, key: Ed25519.PrivateKey? = nil
    ) {
        let end = ends[stream]
        let draft = EnvelopeDraft(
            id: "01890a5d-ac96-774b-bcce-b302099a8057", stream: stream, type: type, schema: 1, action: "C",
            occurredAt: Timestamp(microseconds: time), actor: .init(id: "x", kind: "service", roles: []),
            correlation: "c", outcome: "success", severity: "low",
            service: .init(build: "b", host: "h", id: "i", version: "v"),
            payload: payload)
        time += later
        let number = version ?? end.map { $0.version + 1 } ?? 0
        let envelope = draft.envelope(
            log: log ?? origin, version: number, previous: number == 0 ? nil : previous ?? end?.digest ?? .zero,
            recordedAt: Timestamp(microseconds: time))
        ends[stream] = (number, SHA256.hash(envelope))
        entries.append(Entry.encode(envelope: envelope, key: key ?? eventKey))
    }

    /// Appends `count` events in a few streams.
    mutating func fill(_ count: Int) { for number in 0..<count { add(stream: "s\(number % 7)") } }

    func auditor() -> LogAuditor { LogAuditor(pinnedRoot: root.publicKey, origin: origin) }

    /// What an audit of all entries finds.
    func finding() -> LedgerFinding? {
        var auditor = auditor()
        do { _ = try auditor.check(entries) } catch { return error }
        return nil
    }
}
