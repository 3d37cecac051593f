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

    /// Certifies a new event key, which signs from there on, that very entry first.
    mutating func rotate(to key: Ed25519.PrivateKey, validFrom: UInt64 = 0) {
        certify(key, .event, validFrom: validFrom, signedBy: key)
        eventKey = key
    }

    /// Certifies one key.
    mutating func certify(
        _ key: Ed25519.PrivateKey, _ purpose: KeyCertificate.Purpose, validFrom: UInt64 = 0,
        signedBy signer: Ed25519.PrivateKey? = nil
    ) {
        let payload = certification([(key, purpose)], validFrom: validFrom, log: origin)
        add(stream: "keys", type: "KeysCertified", payload: payload, key: signer)
    }

    /// Retires a key.
    mutating func retire(
        _ key: Ed25519.PrivateKey, _ purpose: KeyCertificate.Purpose = .event, in stream: String = "keys"
    ) {
        add(stream: stream, type: "KeyRetired", payload: Self.naming(key, purpose))
    }

    /// Says that a key is not to be believed from an index on.
    mutating func compromise(
        _ key: Ed25519.PrivateKey, _ purpose: KeyCertificate.Purpose = .event, from: Int64, in stream: String = "keys"
    ) {
        add(stream: stream, type: "KeyCompromised", payload: Self.naming(key, purpose, ["from": .integer(from)]))
    }

    static func naming(
        _ key: Ed25519.PrivateKey, _ purpose: KeyCertificate.Purpose, _ more: [String: JSONValue] = [:]
    ) -> JSONValue {
        let fields: [String: JSONValue] = [
            "key": .string(key.publicKey.keyID.hex), "purpose": .string(purpose.rawValue), "reason": "a test",
        ]
        return .object(JSONObject(fields.merging(more) { $1 }))
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
