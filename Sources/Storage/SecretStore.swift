public import Crypto

/// The one thing besides blobs that is no fold of the log: secrets of subjects, and which patient is which subject.
///
/// Everything in it is wrapped by a key that it does not hold. It has its own backup and retention; destroying a secret
/// is what erasing means.
public protocol SecretStore: Sendable {
    /// The subject of a patient, by the keyed digest of the patient's id.
    func record(patient: Digest) async throws(StorageError) -> SubjectRecord?

    /// A subject; nil when it never existed or was erased.
    func record(subject: String) async throws(StorageError) -> SubjectRecord?

    /// Makes a subject durable.
    ///
    /// - Returns: the subject that holds for the patient from now on; another one than asked for when somebody was
    ///   quicker.
    func insert(_ record: SubjectRecord) async throws(StorageError) -> SubjectRecord

    /// Any one subject; nil when there is none.
    func sample() async throws(StorageError) -> SubjectRecord?

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
