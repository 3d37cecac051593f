import CanonicalJSON
import Storage
import StorageTestSupport

/// A log with numbers in it, and stores for projections of them.
struct ProjectionBench {
    let bench: SequencerBench
    let views: any ProjectionStore

    init(_ backend: Backend) async throws {
        bench = try await SequencerBench(backend)
        views = try bench.site.openProjections(bench.log.origin)
    }

    func runner(_ projections: any FollowingProjection..., log: (any EventStore)? = nil) throws -> ProjectionRunner {
        ProjectionRunner(
            log: log ?? bench.store, store: try bench.site.openProjections(bench.log.origin), projections: projections)
    }

    /// Appends events with these numbers, and answers with their ids.
    @discardableResult
    func add(_ numbers: some Sequence<Int>) async throws -> [String] {
        let proposals = numbers.map { number in
            bench.log.proposal(stream: "s\(number % 2)", payload: ["n": .integer(Int64(number))])
        }
        return try await bench.sequencer.append(Append(proposals)).events.map(\.eventID)
    }

    func numbers(_ projection: SampleProjection) async throws -> [Int64] {
        try await views.rows(TableQuery(projection.numbers, order: "place", limit: 10_000)).compactMap { $0[3].integer }
    }
}
