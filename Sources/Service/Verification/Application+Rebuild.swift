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
    /// - Parameters:
    ///   - names: of the lists to rebuild; nil for all.
    ///   - progress: is told a list, how many events were seen, and of how many.
    /// - Returns: the lists with their digests.
    /// - Throws: `list-unknown`; `projection-stopped` when one cannot take an event, which keeps its live tables.
    public func rebuild(
        only names: Set<String>? = nil, progress: @escaping @Sendable (String, UInt64, UInt64) -> Void
    ) async throws(ServiceError) -> [ProjectionReport] {
        try checkLists(names ?? [])
        do {
            let result = try await runner.rebuild(only: names) { progress($0.projection, $0.position, $0.size) }
            if let (list, stop) = result.stopped.min(by: { $0.key < $1.key }) { throw Self.refusal(list, stop) }
            return result.rebuilt.map { ProjectionReport($0) }
        } catch { throw ServiceError(wrapping: error) }
    }

    /// The live projections with their digests, after they caught up.
    public func projections() async throws(ServiceError) -> [ProjectionReport] {
        do {
            try await runner.catchUp()
            return try await runner.states().map { ProjectionReport($0) }
        } catch { throw ServiceError(error) }
    }
}
