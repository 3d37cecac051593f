import Crypto
import Records
import Storage

/// Seals what is personal before it is queued, and opens it for those who may see it.
///
/// Each subject has a random secret; the secret store keeps it wrapped. Destroying the secret is erasing the subject.
struct Vault: Sendable {
    private let store: any SecretStore
    private let ring: KeyRing

    init(store: any SecretStore, ring: KeyRing) { (self.store, self.ring) = (store, ring) }

    /// The subject of a patient, made on first sight; a fresh one when nobody was named.
    func subject(patient: String?) async throws(ServiceError) -> Subject {
        let digest = try patient.map { name throws(ServiceError) in try self.digest(patient: name) }
        if let digest, let known = try await existing(digest) { return known }
        let (id, secret) = (Identifiers.random("s_"), SecureRandom.secret(32))
        let wrapped = AESGCM.seal(
            secret.withBytes { Array($0) }, key: try wrappingKey(), aad: Self.context(id, digest))
        do {
            let holder = try await store.insert(SubjectRecord(subject: id, wrapped: wrapped, patient: digest))
            return holder.subject == id ? Subject(id: id, secret: secret) : try open(holder)
        } catch { throw ServiceError(wrapping: error) }
    }

    /// The subject of a patient who was seen before.
    func known(patient: String) async throws(ServiceError) -> Subject? { try await existing(digest(patient: patient)) }

    /// A subject by its pseudonym; nil when its secret was destroyed or is not here.
    func subject(id: String) async throws(ServiceError) -> Subject? {
        let record: SubjectRecord?
        do { record = try await store.record(subject: id) } catch { throw ServiceError(wrapping: error) }
        return try record.map { record throws(ServiceError) in try open(record) }
    }

    /// Opens what the secret store holds of a subject.
    ///
    /// - Throws: `secret-unreadable` when it was wrapped by another key, or for another subject or patient than it says.
    func open(_ record: SubjectRecord) throws(ServiceError) -> Subject {
        let context = Self.context(record.subject, record.patient)
        guard let secret = try? AESGCM.open(record.wrapped, key: try wrappingKey(), aad: context) else {
            throw ServiceError(
                .unavailable, "secret-unreadable",
                "A subject's secret cannot be unwrapped with this key, or it was changed; run `cxrledger verify`.")
        }
        return Subject(id: record.subject, secret: SecretBytes(secret))
    }

    /// Whether there is no subject at all.
    func isEmpty() async throws(ServiceError) -> Bool {
        do { return try await store.sample() == nil } catch { throw ServiceError(wrapping: error) }
    }

    /// Whether the wrapping key is the one that the secrets were wrapped with, as far as there are any.
    func opensSecrets() async throws(ServiceError) -> Bool {
        let sample: SubjectRecord?
        do { sample = try await store.sample() } catch { throw ServiceError(wrapping: error) }
        return sample.map { (try? open($0)) != nil } ?? true
    }

    private func wrappingKey() throws(ServiceError) -> SecretBytes { try ring.derived("subject-wrapping") }

    /// What a wrapped secret belongs to: a row that was given to another patient does not open.
    private static func context(_ subject: String, _ patient: Digest?) -> [UInt8] {
        Array((subject + (patient.map { " \($0.hex)" } ?? "")).utf8)
    }

    /// Names are compared without the blanks around them; nothing else is folded.
    private func digest(patient: String) throws(ServiceError) -> Digest {
        HMACSHA256.authenticate(Array(patient.utf8), key: try ring.derived("patient-lookup"))
    }

    private func existing(_ patient: Digest) async throws(ServiceError) -> Subject? {
        let record: SubjectRecord?
        do { record = try await store.record(patient: patient) } catch { throw ServiceError(wrapping: error) }
        return try record.map { record throws(ServiceError) in try open(record) }
    }
}
