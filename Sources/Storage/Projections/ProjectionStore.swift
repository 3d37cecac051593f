public import Crypto

/// Where following projections keep their tables; all of it can be rebuilt from the log.
public protocol ProjectionStore: Sendable {
    /// Creates the tables of a projection that are not there, in one generation.
    func prepare(_ projection: any FollowingProjection, _ generation: ProjectionGeneration) async throws(StorageError)

    /// How many events the projection has seen.
    func position(_ projection: any FollowingProjection, _ generation: ProjectionGeneration)
        async throws(StorageError) -> UInt64

    /// Applies the changes of the events from `position` up to `next`, with the new position, in one transaction.
    ///
    /// - Returns: false, having changed nothing, when the projection is not at `position`: another process was quicker.
    func apply(
        _ changes: [TableChange], to projection: any FollowingProjection, _ generation: ProjectionGeneration,
        from position: UInt64, to next: UInt64
    ) async throws(StorageError) -> Bool

    /// The rows that answer a query, values in column order, from the live generation.
    func rows(_ query: TableQuery) async throws(StorageError) -> [[TableValue]]

    /// The rows of a projection that was prepared, digested in key order, with the position that they belong to.
    func state(_ projection: any FollowingProjection, _ generation: ProjectionGeneration)
        async throws(StorageError) -> ProjectionState

    /// Drops a generation's tables and position.
    func discard(_ projection: any FollowingProjection, _ generation: ProjectionGeneration) async throws(StorageError)

    /// Puts the rebuilt generation in the place of the live one, in one transaction.
    func swap(_ projection: any FollowingProjection) async throws(StorageError)
}

/// A projection as it stands: how far it has come, and the digest of its rows.
public struct ProjectionState: Hashable, Sendable {
    public let projection: String
    public let version: Int
    public let position: UInt64
    public let rows: Int
    /// SHA-256 over all rows in key order.
    public let digest: Digest

    public init(_ projection: any FollowingProjection, position: UInt64, rows: Int, digest: Digest) {
        (self.projection, version) = (projection.name, projection.version)
        (self.position, self.rows, self.digest) = (position, rows, digest)
    }
}

/// The tables that answer queries, or those that a rebuild fills beside them.
public enum ProjectionGeneration: String, Sendable, CaseIterable { case live, rebuilt }
