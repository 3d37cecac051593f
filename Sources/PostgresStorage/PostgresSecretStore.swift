import Concurrency
public import Crypto
public import Storage

/// The secret store in a schema of its own, which a role of its own may read.
public final class PostgresSecretStore: SecretStore {
    private let origin: String
    private let worker: PostgresWorker
    private let queue = SubjectQueue()

    /// Names the store; it connects when it is first asked for something.
    public init(address: String, origin: String) {
        self.origin = origin
        worker = PostgresWorker(
            address, setup: ["SET synchronous_commit = on", PostgresSession.writing],
            label: "cxrledger.postgres.secrets")
    }

    public func record(patient: Digest) async throws(StorageError) -> SubjectRecord? {
        try await records("AND patient = $2", .bytes(patient.bytes)).first
    }

    public func record(subject: String) async throws(StorageError) -> SubjectRecord? {
        try await records("AND subject = $2", .text(subject)).first
    }

    public func sample() async throws(StorageError) -> SubjectRecord? { try await records("LIMIT 1").first }

    public func all() async throws(StorageError) -> [SubjectRecord] { try await records("ORDER BY subject") }

    public func insert(_ record: SubjectRecord) async throws(StorageError) -> SubjectRecord {
        try await queue.insert(record) {
            worker.submit { [self] session in
                queue.insertAll { records throws(StorageError) in
                    try session.transaction("BEGIN") { () throws(StorageError) in
                        var known: [SubjectRecord] = []
                        for record in records { known.append(try insert(record, session)) }
                        return known
                    }
                }
            }
        }
    }

    private func insert(
        _ record: SubjectRecord, _ session: PostgresSession
    ) throws(StorageError) -> SubjectRecord {
        let rows = try session.run(
            """
            INSERT INTO cxrledger_secrets.subjects (log, subject, wrapped, patient) VALUES ($1, $2, $3, $4)
            ON CONFLICT (log, patient) WHERE patient IS NOT NULL DO NOTHING
            """, .text(origin), .text(record.subject), .bytes(record.wrapped),
            record.patient.map { .bytes($0.bytes) } ?? .absent)
        guard rows.changed == 0, let patient = record.patient else { return record }
        // Somebody was quicker, and is durable: the statement has waited for that.
        guard let known = try Self.records(of: origin, "AND patient = $2", [.bytes(patient.bytes)], session).first
        else {
            throw StorageError(.corrupt, detail: "a subject that was there is gone")
        }
        return known
    }

    private func records(
        _ condition: String, _ values: PostgresValue...
    ) async throws(StorageError) -> [SubjectRecord] {
        let origin = origin
        return try await worker.run { session throws(StorageError) in
            try session.transaction("BEGIN READ ONLY") { () throws(StorageError) in
                try Self.records(of: origin, condition, values, session)
            }
        }
    }

    private static func records(
        of origin: String, _ condition: String, _ values: [PostgresValue], _ session: PostgresSession
    ) throws(StorageError) -> [SubjectRecord] {
        let rows = try session.run(
            "SELECT subject, wrapped, patient FROM cxrledger_secrets.subjects WHERE log = $1 \(condition)",
            [.text(origin)] + values)
        return (0..<rows.count).map { row in
            SubjectRecord(
                subject: rows.text(row, 0), wrapped: rows.bytes(row, 1),
                patient: rows.isNull(row, 2) ? nil : Digest(bytes: rows.bytes(row, 2)))
        }
    }
}
