import CanonicalJSON
import Crypto
import Ledger
import Records
import Service
import Storage

/// Events like those of a working day, made cheaply.
struct SampleEvents: Sendable {
    private let service = EnvelopeDraft.Service(
        build: Application.build, host: "benchmark", id: Identifiers.uuid(at: SystemClock.now()),
        version: Application.version)
    private let actor = EnvelopeDraft.Actor(
        id: "cred_3f6c0a2b9d7e4815", kind: "human", roles: ["clinician"], credential: "cred_3f6c0a2b9d7e4815",
        session: nil, address: "192.0.2.17", userAgent: nil, purpose: nil)

    /// An event whose payload has 600 bytes as it is signed, the first of a stream of its own.
    func sized() -> Append {
        let id = Identifiers.uuid(at: SystemClock.now())
        let event = Event.inputRejected(.init(code: "image-truncated", detail: Self.detail, bytes: 331_776))
        return Append([proposal(event, id: id, stream: "input/\(id)")], preconditions: ["input/\(id)": .absent])
    }

    /// The text that makes the payload of `sized()` 600 bytes long.
    private static let detail: String = {
        let empty = Event.inputRejected(.init(code: "image-truncated", detail: "", bytes: 331_776))
        return String(repeating: "x", count: 600 - empty.payload.canonicalBytes().count)
    }()

    /// A prediction in a stream of its own, and one look at it: the two kinds that fill a log.
    func prediction() -> [Append.Proposal] {
        let (id, subject) = (Identifiers.uuid(at: SystemClock.now()), Identifiers.random("s_"))
        let digest = String(repeating: "5eed", count: 16)
        let recorded = PredictionRecorded(
            prediction: id, subject: subject,
            image: .init(blob: digest, commit: digest, format: "jpeg", width: 1_422, height: 1_152, bytes: 415_537),
            model: .init(name: "pneumonia_cnn", version: "1", digest: digest),
            preprocessing: .init(id: "gray-bilinear-160-unit", sha256: digest), label: "PNEUMONIA",
            probability: "0.98666966", scores: ["0.98666966"], threshold: "0.5", runtime: "benchmark", cached: false,
            durationUs: 31_000, sealed: .init(subject: subject, ciphertext: digest + digest, commit: digest))
        let read = PredictionRead(prediction: id, subject: subject, part: "detail")
        return [
            proposal(.predictionRecorded(recorded), stream: "prediction/\(id)", subject: subject),
            proposal(.predictionRead(read), stream: "access", subject: subject),
        ]
    }

    /// The first event of a log: the first key, as its root, certifies the two others.
    func certification(of keys: [Ed25519.PrivateKey], origin: String) throws -> Append {
        let certified = try KeysCertified(
            [(keys[1].publicKey, .event), (keys[2].publicKey, .checkpoint)], of: origin, validFrom: 0, root: keys[0])
        return Append([proposal(.keysCertified(certified), stream: "keys")], preconditions: ["keys": .absent])
    }

    private func proposal(
        _ event: Event, id: String = Identifiers.uuid(at: SystemClock.now()), stream: String, subject: String? = nil
    ) -> Append.Proposal {
        let draft = EnvelopeDraft(
            id: id, stream: stream, type: event.type.rawValue, schema: event.type.schema, action: event.type.action,
            occurredAt: SystemClock.now(), actor: actor, correlation: id, outcome: "success",
            severity: event.type.severity.rawValue, service: service, subject: subject, payload: event.payload)
        return Append.Proposal(draft: draft, isControl: event.type.isControl)
    }
}
