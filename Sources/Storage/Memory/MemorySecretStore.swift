import Concurrency
public import Crypto

/// A secret store that forgets everything with the process.
public final class MemorySecretStore: SecretStore {
    private struct State {
        var records: [String: SubjectRecord] = [:]
        var subjects: [Digest: String] = [:]
    }

    private let state = Locked(State())

    public init() {}

    public func subject(patient: Digest) async throws(StorageError) -> String? {
        state.withLock { $0.subjects[patient] }
    }

    public func insert(subject: String, wrapped: [UInt8], patient: Digest?) async throws(StorageError) -> String {
        try state.withLock { state throws(StorageError) in
            if let patient, let known = state.subjects[patient] { return known }
            guard state.records[subject] == nil else { throw StorageError(.corrupt, detail: "a subject twice") }
            state.records[subject] = SubjectRecord(subject: subject, wrapped: wrapped, patient: patient)
            if let patient { state.subjects[patient] = subject }
            return subject
        }
    }

    public func wrappedSecret(subject: String) async throws(StorageError) -> [UInt8]? {
        state.withLock { $0.records[subject]?.wrapped }
    }

    public func all() async throws(StorageError) -> [SubjectRecord] {
        state.withLock { $0.records.values.sorted { $0.subject.utf8.lexicographicallyPrecedes($1.subject.utf8) } }
    }
}
