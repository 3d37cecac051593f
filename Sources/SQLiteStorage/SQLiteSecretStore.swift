import Concurrency
public import Crypto
public import Storage

/// The secret store in a SQLite file of its own, which forgets what is deleted (`secure_delete`).
public final class SQLiteSecretStore: SecretStore {
    private let origin: String
    private let worker: SQLiteWorker
    private let inbox = Locked<[Insertion]>([])

    /// A subject on its way into the next transaction.
    private struct Insertion {
        let record: SubjectRecord
        let answer: CheckedContinuation<Result<String, StorageError>, Never>

        init(_ record: SubjectRecord, _ answer: CheckedContinuation<Result<String, StorageError>, Never>) {
            (self.record, self.answer) = (record, answer)
        }
    }

    /// Opens or creates the file.
    public init(path: String, origin: String) throws(StorageError) {
        var connection = try SQLiteConnection(path: path)
        try connection.execute(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; PRAGMA cell_size_check = ON"
        )
        try Migration.apply(Migrations.secrets, to: &connection)
        self.origin = origin
        worker = SQLiteWorker(connection, label: "cxrledger.sqlite.secrets")
    }

    public func subject(patient: Digest) async throws(StorageError) -> String? {
        let origin = origin
        return try await worker.run { session throws(StorageError) in
            try Self.subject(patient: patient, origin: origin, &session.connection)
        }
    }

    public func insert(subject: String, wrapped: [UInt8], patient: Digest?) async throws(StorageError) -> String {
        let result = await withCheckedContinuation { continuation in
            inbox.withLock {
                $0.append(Insertion(.init(subject: subject, wrapped: wrapped, patient: patient), continuation))
            }
            worker.submit { [self] session in insertAll(&session.connection) }
        }
        return try result.get()
    }

    /// Inserts everything that came while the transaction before was made durable.
    private func insertAll(_ connection: inout SQLiteConnection) {
        let waiting = inbox.withLock { inbox in
            defer { inbox = [] }
            return inbox
        }
        if !waiting.isEmpty { insert(waiting, &connection) }  // an earlier job may have taken them along
    }

    /// Inserts in one transaction; when one of them is impossible, in one for each, so that it harms no other.
    private func insert(_ waiting: [Insertion], _ connection: inout SQLiteConnection) {
        do throws(StorageError) {
            let subjects = try connection.transaction { connection throws(StorageError) in
                var subjects: [String] = []
                for insertion in waiting { subjects.append(try insert(insertion.record, &connection)) }
                return subjects
            }
            for (insertion, subject) in zip(waiting, subjects) { insertion.answer.resume(returning: .success(subject)) }
        } catch {
            guard waiting.count == 1 || error.code != .corrupt else {
                return waiting.forEach { insert([$0], &connection) }
            }
            for insertion in waiting { insertion.answer.resume(returning: .failure(error)) }
        }
    }

    private func insert(
        _ record: SubjectRecord, _ connection: inout SQLiteConnection
    ) throws(StorageError) -> String {
        if let patient = record.patient,
            let known = try Self.subject(patient: patient, origin: origin, &connection)
        {
            return known
        }
        try connection.run(
            "INSERT INTO subjects (log, subject, wrapped, patient) VALUES (?, ?, ?, ?)", .text(origin),
            .text(record.subject), .blob(record.wrapped), record.patient.map { .blob($0.bytes) } ?? .null)
        return record.subject
    }

    public func wrappedSecret(subject: String) async throws(StorageError) -> [UInt8]? {
        let origin = origin
        return try await worker.run { session throws(StorageError) in
            try session.connection.withStatement("SELECT wrapped FROM subjects WHERE log = ? AND subject = ?") {
                statement throws(StorageError) in
                try statement.bind([.text(origin), .text(subject)])
                return try statement.step() ? statement.blob(0) : nil
            }
        }
    }

    public func all() async throws(StorageError) -> [SubjectRecord] {
        let origin = origin
        return try await worker.run { session throws(StorageError) in
            try session.connection.withStatement(
                "SELECT subject, wrapped, patient FROM subjects WHERE log = ? ORDER BY subject"
            ) { statement throws(StorageError) in
                try statement.bind([.text(origin)])
                var records: [SubjectRecord] = []
                while try statement.step() {
                    let patient = statement.isNull(2) ? nil : Digest(bytes: statement.blob(2))
                    records.append(.init(subject: statement.text(0), wrapped: statement.blob(1), patient: patient))
                }
                return records
            }
        }
    }

    private static func subject(
        patient: Digest, origin: String, _ connection: inout SQLiteConnection
    ) throws(StorageError) -> String? {
        try connection.withStatement("SELECT subject FROM subjects WHERE log = ? AND patient = ?") {
            statement throws(StorageError) in
            try statement.bind([.text(origin), .blob(patient.bytes)])
            return try statement.step() ? statement.text(0) : nil
        }
    }
}
