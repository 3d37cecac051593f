import Concurrency
public import Crypto

/// A secret store that forgets everything with the process.
public final class MemorySecretStore: SecretStore {
    private struct State {
        var records: [String: SubjectRecord] = [:]
        var subjects: [Digest: String] = [:]

        func record(of patient: Digest) -> SubjectRecord? { subjects[patient].flatMap { records[$0] } }
    }

    private let state = Locked(State())

    public init() {}

    public func record(patient: Digest) async throws(StorageError) -> SubjectRecord? {
        state.withLock { $0.record(of: patient) }
    }

    public func record(subject: String) async throws(StorageError) -> SubjectRecord? {
        state.withLock { $0.records[subject] }
    }

    public func insert(_ record: SubjectRecord) async throws(StorageError) -> SubjectRecord {
        try state.withLock { state throws(StorageError) in
            if let patient = record.patient, let known = state.record(of: patient) { return known }
            guard state.records[record.subject] == nil else { throw StorageError(.corrupt, detail: "a subject twice") }
            state.records[record.subject] = record
            if let patient = record.patient { state.subjects[patient] = record.subject }
            return record
        }
    }

    public func sample() async throws(StorageError) -> SubjectRecord? { state.withLock { $0.records.values.first } }

    public func all() async throws(StorageError) -> [SubjectRecord] {
        state.withLock { $0.records.values.sorted { $0.subject.utf8.lexicographicallyPrecedes($1.subject.utf8) } }
    }
}
