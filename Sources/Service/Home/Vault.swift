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
        let id = Identifiers.random("s_")
        let secret = SecureRandom.secret(32)
        let wrapped = AESGCM.seal(
            secret.withBytes { Array($0) }, key: try ring.derived("subject-wrapping"), aad: Array(id.utf8))
        do {
            let holder = try await store.insert(subject: id, wrapped: wrapped, patient: digest)
            if holder != id, let known = try await subject(id: holder) { return known }
        } catch { throw ServiceError(wrapping: error) }
        return Subject(id: id, secret: secret)
    }

    /// The subject of a patient who was seen before.
    func known(patient: String) async throws(ServiceError) -> Subject? { try await existing(digest(patient: patient)) }

    /// A subject by its pseudonym; nil when its secret was destroyed or is not here.
    func subject(id: String) async throws(ServiceError) -> Subject? {
        let wrapped: [UInt8]?
        do { wrapped = try await store.wrappedSecret(subject: id) } catch { throw ServiceError(wrapping: error) }
        guard let wrapped else { return nil }
        guard let secret = try? AESGCM.open(wrapped, key: try ring.derived("subject-wrapping"), aad: Array(id.utf8))
        else {
            throw ServiceError(
                .unavailable, "secret-unreadable", "A subject's secret cannot be unwrapped with this key.")
        }
        return Subject(id: id, secret: SecretBytes(secret))
    }

    /// Names are compared without the blanks around them; nothing else is folded.
    private func digest(patient: String) throws(ServiceError) -> Digest {
        HMACSHA256.authenticate(Array(patient.utf8), key: try ring.derived("patient-lookup"))
    }

    private func existing(_ patient: Digest) async throws(ServiceError) -> Subject? {
        let id: String?
        do { id = try await store.subject(patient: patient) } catch { throw ServiceError(wrapping: error) }
        guard let id else { return nil }
        return try await subject(id: id)
    }
}
