public import CanonicalJSON
public import Crypto

/// The signed facts around a payload, read from canonical bytes.
///
/// The index is not among them: the tree proves it.
public struct Envelope: Hashable, Sendable {
    /// Who acted.
    public struct Actor: Hashable, Sendable {
        public let id: String
        /// The printed name, where a signature has to carry one (21 CFR 11.50).
        public let name: String?
        /// One of `kinds`.
        public let kind: String
        public let roles: [String]
        /// The credential that was shown, never its secret.
        public let credential: String?
        public let session: String?
        /// Who vouched for the actor, and the id of their token, when it was not this log.
        public let issuer: String?
        public let tokenID: String?
        /// For whom it was done, when that is somebody else.
        public let onBehalfOf: String?
        /// The network address and port that the request came from.
        public let address: String?
        public let port: Int?
        public let userAgent: String?
        /// The purpose of use, such as `TREAT` (HL7 v3 PurposeOfUse).
        public let purpose: String?

        public static let kinds = ["human", "service", "model"]

        public init(
            id: String, name: String? = nil, kind: String, roles: [String], credential: String? = nil,
            session: String? = nil, issuer: String? = nil, tokenID: String? = nil, onBehalfOf: String? = nil,
            address: String? = nil, port: Int? = nil, userAgent: String? = nil, purpose: String? = nil
        ) {
            (self.id, self.name, self.kind, self.roles) = (id, name, kind, roles)
            (self.credential, self.session, self.issuer, self.tokenID) = (credential, session, issuer, tokenID)
            (self.onBehalfOf, self.address, self.port) = (onBehalfOf, address, port)
            (self.userAgent, self.purpose) = (userAgent, purpose)
        }
    }

    /// The program that recorded the event.
    public struct Service: Hashable, Sendable {
        public let build: String
        /// The name of the machine.
        public let host: String
        /// Of this run: the events of one process share it.
        public let id: String
        public let version: String

        public init(build: String, host: String, id: String, version: String) {
            (self.build, self.host, self.id, self.version) = (build, host, id, version)
        }
    }

    /// Keyed digests by which a repetition of the command is recognised.
    public struct Idempotency: Hashable, Sendable {
        public let key: String
        public let request: String

        public init(key: String, request: String) { (self.key, self.request) = (key, request) }
    }

    /// What was done to the record: create, read, update, delete, execute.
    public static let actions = ["C", "R", "U", "D", "E"]
    public static let outcomes = ["success", "minor", "serious", "major"]
    public static let severities = ["informational", "low", "medium", "high", "critical"]
    /// The only format so far.
    public static let format: Int64 = 1

    public let action: String
    public let actor: Actor
    /// The event that led to this one.
    public let causation: String?
    /// What joins all events of one request.
    public let correlation: String
    public let id: String
    public let idempotency: Idempotency?
    /// The origin of the log.
    public let log: String
    public let occurredAt: Timestamp
    public let outcome: String
    public let outcomeReason: String?
    /// An object, as it was signed.
    public let payloadBytes: ArraySlice<UInt8>
    /// SHA-256 of the predecessor's envelope in the stream; nil at version 0.
    public let previous: Digest?
    public let recordedAt: Timestamp
    /// The version of the payload's shape.
    public let schema: Int
    public let service: Service
    public let severity: String
    public let stream: String
    /// The pseudonym of the patient.
    public let subject: String?
    public let type: String
    /// The place in the stream, from 0.
    public let version: UInt64

    /// Parses the object that the payload is.
    public func parsedPayload() -> JSONValue {
        guard let value = try? JSONValue.parse(Array(payloadBytes)) else { preconditionFailure("it was checked") }
        return value
    }
}
