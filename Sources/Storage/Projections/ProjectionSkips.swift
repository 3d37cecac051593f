import Records

/// The events that one version of a projection passes over, because signed events say so.
///
/// They are read before anything is folded, so that a fold from the start passes over the same ones.
public struct ProjectionSkips: Hashable, Sendable {
    /// The reasons, by the index of the event that is passed over.
    public private(set) var reasons: [UInt64: String] = [:]

    private static let page = 1_000

    /// Passes over nothing.
    public init() {}

    /// Reads what the log says of a projection.
    public init(of projection: any FollowingProjection, in log: any EventStore) async throws(StorageError) {
        let stream = Self.stream(of: projection)
        var version: UInt64 = 0
        while true {
            let first = version
            let page = try await log.read { reader throws(StorageError) in
                try reader.stream(stream, from: first, limit: Self.page)
            }
            for entry in page {
                // One that cannot be read says nothing, and is found by whoever folds it.
                guard case .known(.projectionEventSkipped(let skip))? = try? LoggedEvent(entry).fact,
                    skip.projection == projection.name, skip.version == Int64(projection.version)
                else { continue }
                reasons[skip.index] = skip.reason
            }
            guard page.count == Self.page else { return }
            version += UInt64(page.count)
        }
    }

    /// Where the events about a projection are.
    public static func stream(of projection: any FollowingProjection) -> String { "projection/\(projection.name)" }

    func contains(_ index: UInt64) -> Bool { reasons[index] != nil }
}
