public import Crypto

/// The one thing besides blobs that is no fold of the log: secrets of subjects, and which patient is which subject.
///
/// Everything in it is wrapped by a key that it does not hold. It has its own backup and retention; destroying a secret
/// is what erasing means.
public protocol SecretStore: Sendable {
    /// The subject of a patient, by the keyed digest of the patient's id.
    func subject(patient: Digest) async throws(StorageError) -> String?

    /// Makes a subject and its wrapped secret durable.
    ///
    /// - Returns: the subject that holds for the patient from now on; another one than asked for when somebody was
    ///   quicker.
    func insert(subject: String, wrapped: [UInt8], patient: Digest?) async throws(StorageError) -> String

    /// The wrapped secret of a subject; nil when it never existed or was erased.
    func wrappedSecret(subject: String) async throws(StorageError) -> [UInt8]?

    /// Every subject with its wrapped secret and patient digest, for backups.
    func all() async throws(StorageError) -> [SubjectRecord]
}

/// One row of the secret store.
public struct SubjectRecord: Hashable, Sendable {
    public let subject: String
    public let wrapped: [UInt8]
    public let patient: Digest?

    public init(subject: String, wrapped: [UInt8], patient: Digest?) {
        (self.subject, self.wrapped, self.patient) = (subject, wrapped, patient)
    }
}
