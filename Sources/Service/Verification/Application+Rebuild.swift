import Crypto
import Storage

/// A projection as it stands: how far it has come, and the digest of its rows.
public struct ProjectionReport: Codable, Sendable, Equatable {
    public let projection: String
    public let position: UInt64
    public let rows: Int
    /// Hex.
    public let digest: String

    init(_ state: ProjectionState) {
        (projection, position, rows) = (state.projection, state.position, state.rows)
        digest = state.digest.hex
    }
}

extension Application {
    /// Folds the log again into fresh tables and puts them in the place of the live ones.
    ///
    /// - Parameter names: of the lists to rebuild; nil for all.
    /// - Throws: `list-unknown`.
    public func rebuild(
        only names: Set<String>? = nil, progress: @escaping @Sendable (String, UInt64, UInt64) -> Void
    ) async throws(ServiceError) -> [ProjectionReport] {
        if let stranger = names?.subtracting(Self.projections.map(\.name)).min() {
            throw ServiceError(
                .notFound, "list-unknown",
                "There is no list '\(stranger)'; there are: \(Self.projections.map(\.name).joined(separator: ", ")).")
        }
        do {
            return try await runner.rebuild(only: names) { progress($0.projection, $0.position, $0.size) }.map {
                ProjectionReport($0)
            }
        } catch { throw ServiceError(error) }
    }

    /// The live projections with their digests, after they caught up.
    public func projections() async throws(ServiceError) -> [ProjectionReport] {
        do {
            try await runner.catchUp()
            return try await runner.states().map { ProjectionReport($0) }
        } catch { throw ServiceError(error) }
    }
}
