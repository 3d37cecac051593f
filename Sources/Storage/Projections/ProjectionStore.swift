public import Crypto

/// Where following projections keep their tables; all of it can be rebuilt from the log.
public protocol ProjectionStore: Sendable {
    /// Creates the tables of a projection that are not there.
    func prepare(_ projection: any FollowingProjection) async throws(StorageError)

    /// How many events the projection has seen.
    func position(_ projection: any FollowingProjection) async throws(StorageError) -> UInt64

    /// Applies the changes of the events from `position` up to `next`, with the new position, in one transaction.
    ///
    /// - Returns: false, having changed nothing, when the projection is not at `position`: another process was quicker.
    func apply(
        _ changes: [TableChange], to projection: any FollowingProjection, from position: UInt64, to next: UInt64
    ) async throws(StorageError) -> Bool

    /// The rows that answer a query, values in column order.
    func rows(_ query: TableQuery) async throws(StorageError) -> [[TableValue]]

    /// The rows of a projection that was prepared, digested in key order, with the position that they belong to.
    func state(_ projection: any FollowingProjection) async throws(StorageError) -> ProjectionState

    /// Makes fresh tables beside those that answer, in the place of ones that a rebuild left which did not finish.
    func rebuild(_ projection: any FollowingProjection) async throws(StorageError) -> any ProjectionRebuild
}

/// Fresh tables of one projection, which nobody asks yet.
public protocol ProjectionRebuild: Sendable {
    /// Adds the changes of the next events, of which there may be many.
    ///
    /// - Throws: `.corrupt`, having changed nothing, when they do not fit; `.unavailable` when it is rebuilt elsewhere, too.
    func fill(_ changes: [TableChange]) async throws(StorageError)

    /// Puts the tables, which have seen so many events, in the place of those that answer, in one transaction.
    ///
    /// - Returns: the projection as it stands then, or a little later.
    @discardableResult func finish(at position: UInt64) async throws(StorageError) -> ProjectionState

    /// Removes them.
    func discard() async throws(StorageError)
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

extension ProjectionRebuild {
    /// The number of steps at which the counting begins: none that another rebuild of the projection comes to.
    public static func firstStep() -> UInt64 { .random(in: 0..<1 << 62) }
}

/// The tables that answer queries, or those that a rebuild fills beside them, by the name that stores keep.
public enum ProjectionGeneration: String, Sendable { case live, rebuilt }
