import CanonicalJSON
import Records
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

    /// Appends what lets a projection pass over an event.
    func skip(_ index: UInt64, of projection: SampleProjection) async throws {
        let event = Event.projectionEventSkipped(
            .init(projection: projection.name, version: Int64(projection.version), index: index, reason: "known"))
        let proposal = bench.log.proposal(
            stream: ProjectionSkips.stream(of: projection), type: event.type.rawValue, payload: event.payload)
        _ = try await bench.sequencer.append(Append([proposal]))
    }

    func numbers(_ projection: SampleProjection) async throws -> [Int64] {
        try await views.rows(TableQuery(projection.numbers, order: "place", limit: 10_000)).compactMap { $0[3].integer }
    }
}
