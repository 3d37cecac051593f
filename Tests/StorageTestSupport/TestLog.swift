public import CanonicalJSON
public import Crypto
public import Ledger
public import Storage
import Synchronization

/// A log's name and keys, and events to append to it.
public struct TestLog: Sendable {
    public let origin: String
    public let identity: LogIdentity
    /// The keys that the first command certifies.
    public let eventKey: Ed25519.PrivateKey
    public let checkpointSigner: NoteSigner
    private let root: Ed25519.PrivateKey

    private static let events = Atomic<UInt64>(0)

    /// Makes fresh keys for an origin.
    public init(origin: String = "log.example/storage") {
        self.init(origin: origin, root: .generate(), event: .generate(), checkpoint: .generate())
    }

    /// Makes the same keys for an origin whenever the seed is the same: for a log of several processes.
    public init(origin: String, seed: UInt8) {
        func key(_ number: UInt8) -> Ed25519.PrivateKey {
            guard let key = try? Ed25519.PrivateKey(seed: SecretBytes([UInt8](repeating: seed &+ number, count: 32)))
            else { preconditionFailure("32 bytes are a seed") }
            return key
        }
        self.init(origin: origin, root: key(0), event: key(1), checkpoint: key(2))
    }

    private init(
        origin: String, root: Ed25519.PrivateKey, event: Ed25519.PrivateKey, checkpoint: Ed25519.PrivateKey
    ) {
        (self.origin, self.root, eventKey) = (origin, root, event)
        checkpointSigner = NoteSigner(name: origin, key: checkpoint)
        identity = LogIdentity(origin: origin, root: root.publicKey, signers: [event, checkpoint])
    }

    /// The key that an auditor pins.
    public var pinnedRoot: Ed25519.PublicKey { root.publicKey }

    /// The first command of every log: its root certifies the keys.
    public var certification: Append {
        Append(
            [certifying([(eventKey.publicKey, .event), (checkpointSigner.verifierKey.key, .checkpoint)])],
            preconditions: ["keys": .absent])
    }

    /// The event by which the root certifies keys.
    public func certifying(
        _ keys: [(Ed25519.PublicKey, KeyCertificate.Purpose)], validFrom: UInt64 = 0
    ) -> Append.Proposal {
        let certified: [JSONValue] = keys.map { key, purpose in
            let certificate = KeyCertificate(key: key, purpose: purpose, log: origin, validFrom: validFrom)
            let (bytes, signature) = certificate.signed(by: root)
            return ["certificate": .string(Base64.encode(bytes)), "signature": .string(Base64.encode(signature))]
        }
        let payload: JSONValue = ["root": .string(Base64.encode(root.publicKey.bytes)), "keys": .array(certified)]
        return proposal(stream: "keys", type: "KeysCertified", payload: payload, isControl: true)
    }

    /// The event that retires a key.
    public func retiring(_ key: Ed25519.PublicKey, _ purpose: KeyCertificate.Purpose) -> Append.Proposal {
        let payload: JSONValue = [
            "key": .string(key.keyID.hex), "purpose": .string(purpose.rawValue), "reason": "a test",
        ]
        return proposal(stream: "keys", type: "KeyRetired", payload: payload, isControl: true)
    }

    /// An event of no meaning, or of one that a projection gives it.
    public func proposal(
        stream: String, type: String = "Tested", payload: JSONValue = [:], isControl: Bool = false, id: String? = nil
    ) -> Append.Proposal {
        let draft = EnvelopeDraft(
            id: id ?? Self.nextID(), stream: stream, type: type, schema: 1, action: "C",
            occurredAt: Timestamp(microseconds: 1_700_000_000_000_000),
            actor: .init(id: "tester", kind: "service", roles: []), correlation: "c", outcome: "success",
            severity: "low", service: .init(build: "b", host: "h", id: "i", version: "v"), payload: payload)
        return Append.Proposal(draft: draft, isControl: isControl)
    }

    /// A command with one event.
    public func append(
        to stream: String, type: String = "Tested", payload: JSONValue = [:], isControl: Bool = false,
        expecting expectation: Append.Expectation? = nil, key: String? = nil, request: String = "r",
        epoch: UInt64? = nil
    ) -> Append {
        Append(
            [proposal(stream: stream, type: type, payload: payload, isControl: isControl)],
            preconditions: expectation.map { [stream: $0] } ?? [:],
            idempotency: key.map { .init(principal: "p", key: $0, request: request) }, epoch: epoch)
    }

    /// An id of an event; each call gives another one.
    public static func nextID() -> String {
        let digits = String(events.wrappingAdd(1, ordering: .relaxed).oldValue, radix: 16)
        return "00000000-0000-7000-8000-" + String(repeating: "0", count: 12 - digits.utf8.count) + digits
    }
}
