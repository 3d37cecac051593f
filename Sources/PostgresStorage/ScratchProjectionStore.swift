import Crypto
import Storage

/// Projection tables in a schema that nobody else knows, gone with the last one who holds it.
final class ScratchProjectionStore: ProjectionStore {
    private let address: String
    private let schema: String
    private let store: PostgresProjectionStore

    /// Creates the schema; it blocks.
    init(address: String, origin: String) throws(StorageError) {
        let schema = "cxrledger_scratch_" + Hex.encode(SecureRandom.bytes(8))
        let session = PostgresSession(address, setup: [])
        try session.transaction("BEGIN") { () throws(StorageError) in
            try session.execute("CREATE SCHEMA \(schema)")
            for table in ["positions", "logs"] {
                try session.execute("CREATE TABLE \(schema).\(table) (LIKE cxrledger_views.\(table) INCLUDING ALL)")
            }
        }
        (self.address, self.schema) = (address, schema)
        store = PostgresProjectionStore(address: address, origin: origin, schema: schema)
    }

    deinit {
        // What cannot be removed now is in nobody's way.
        let session = PostgresSession(address, setup: [])
        try? session.transaction("BEGIN") { () throws(StorageError) in
            try session.execute("DROP SCHEMA \(schema) CASCADE")
        }
    }

    func prepare(_ projection: any FollowingProjection) async throws(StorageError) {
        try await store.prepare(projection)
    }

    func position(_ projection: any FollowingProjection) async throws(StorageError) -> UInt64 {
        try await store.position(projection)
    }

    func apply(
        _ changes: [TableChange], to projection: any FollowingProjection, from position: UInt64, to next: UInt64
    ) async throws(StorageError) -> Bool {
        try await store.apply(changes, to: projection, from: position, to: next)
    }

    func rows(_ query: TableQuery) async throws(StorageError) -> [[TableValue]] { try await store.rows(query) }

    func state(_ projection: any FollowingProjection) async throws(StorageError) -> ProjectionState {
        try await store.state(projection)
    }

    func rebuild(_ projection: any FollowingProjection) async throws(StorageError) -> any ProjectionRebuild {
        try await store.rebuild(projection)
    }
}
