import Concurrency
public import Crypto
public import Storage

/// The secret store in a SQLite file of its own, which forgets what is deleted (`secure_delete`).
public final class SQLiteSecretStore: SecretStore {
    private let origin: String
    private let worker: SQLiteWorker
    private let queue = SubjectQueue()

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

    /// Opens the file to be read, and changes nothing at all.
    public init(reading path: String, origin: String) throws(StorageError) {
        self.origin = origin
        worker = SQLiteWorker(try SQLiteConnection.reading(path), label: "cxrledger.sqlite.secrets")
    }

    public func record(patient: Digest) async throws(StorageError) -> SubjectRecord? {
        let origin = origin
        return try await worker.run { session throws(StorageError) in
            try Self.records(of: origin, "AND patient = ?", .blob(patient.bytes), &session.connection).first
        }
    }

    public func record(subject: String) async throws(StorageError) -> SubjectRecord? {
        let origin = origin
        return try await worker.run { session throws(StorageError) in
            try Self.records(of: origin, "AND subject = ?", .text(subject), &session.connection).first
        }
    }

    public func sample() async throws(StorageError) -> SubjectRecord? {
        let origin = origin
        return try await worker.run { session throws(StorageError) in
            try Self.records(of: origin, "LIMIT ?", .integer(1), &session.connection).first
        }
    }

    public func all() async throws(StorageError) -> [SubjectRecord] {
        let origin = origin
        return try await worker.run { session throws(StorageError) in
            try Self.records(of: origin, "ORDER BY subject LIMIT ?", .integer(.max), &session.connection)
        }
    }

    public func insert(_ record: SubjectRecord) async throws(StorageError) -> SubjectRecord {
        try await queue.insert(record) {
            worker.submit { [self] session in
                queue.insertAll { records throws(StorageError) in
                    try session.connection.checkPlace()
                    return try session.connection.transaction { connection throws(StorageError) in
                        var known: [SubjectRecord] = []
                        for record in records { known.append(try insert(record, &connection)) }
                        return known
                    }
                }
            }
        }
    }

    private func insert(
        _ record: SubjectRecord, _ connection: inout SQLiteConnection
    ) throws(StorageError) -> SubjectRecord {
        if let patient = record.patient,
            let known = try Self.records(of: origin, "AND patient = ?", .blob(patient.bytes), &connection).first
        {
            return known
        }
        try connection.run(
            "INSERT INTO subjects (log, subject, wrapped, patient) VALUES (?, ?, ?, ?)", .text(origin),
            .text(record.subject), .blob(record.wrapped), record.patient.map { .blob($0.bytes) } ?? .null)
        return record
    }

    private static func records(
        of origin: String, _ condition: String, _ value: SQLiteValue, _ connection: inout SQLiteConnection
    ) throws(StorageError) -> [SubjectRecord] {
        try connection.withStatement("SELECT subject, wrapped, patient FROM subjects WHERE log = ? \(condition)") {
            statement throws(StorageError) in
            try statement.bind([.text(origin), value])
            var records: [SubjectRecord] = []
            while try statement.step() {
                let patient = statement.isNull(2) ? nil : Digest(bytes: statement.blob(2))
                records.append(.init(subject: statement.text(0), wrapped: statement.blob(1), patient: patient))
            }
            return records
        }
    }
}
