import Foundation
import Records
import Storage
import Testing

@testable import Service

@Suite struct `A list that stands at an event` {
    /// A list of predictions that stands at the second of two.
    private func bench() async throws -> (bench: Workbench, ids: [String], index: UInt64) {
        let bench = try await Workbench()
        try await bench.application.start()
        let first = try await bench.predict()
        _ = try await bench.application.predictions(.init(), bench.administrator)
        try bench.tamper(
            "CREATE TRIGGER poison BEFORE INSERT ON predictions BEGIN SELECT RAISE(ABORT, 'no'); END",
            in: "cxrledger-views.db")
        let second = try await bench.predict()
        #expect(
            await code { _ = try await bench.application.predictions(.init(), bench.administrator) }
                == "projection-stopped")
        try bench.tamper("DROP TRIGGER poison", in: "cxrledger-views.db")
        let list = try #require(try await bench.application.lists(bench.administrator).lists.first)
        let stop = try #require(list.stopped)
        #expect(list.name == "predictions" && list.position == stop.index)
        return (bench, [first, second], stop.index)
    }

    private func code(_ body: () async throws -> Void) async -> String? {
        do {
            try await body()
            return nil
        } catch { return (error as? ServiceError)?.code }
    }

    private func shown(_ application: Application, _ context: RequestContext) async throws -> [String] {
        try await application.predictions(.init(), context).predictions.map(\.id)
    }

    @Test func `goes on without it when a signed event says so, wherever the log is folded`() async throws {
        let (bench, ids, index) = try await bench()
        defer { bench.remove() }
        let (application, context) = (bench.application, bench.administrator)
        #expect(try await application.timeline(.init(), context).events.count > 0, "no other list stands")
        #expect(await application.health().checks["projections"]?.status == "degraded")
        let lists = try await application.skip(index, of: "predictions", reason: "INC-1", context).lists
        #expect(lists.map(\.stopped) == [nil, nil])
        #expect(lists.map(\.skipped) == [[.init(index: index, reason: "INC-1")], []])
        let last = try await bench.predict()
        let due = [last, ids[0]]
        #expect(try await shown(application, context) == due)
        #expect(try await application.prediction(ids[1], context).id == ids[1], "the event itself is shown as before")
        let health = await application.health().checks["projections"]
        #expect(health?.status == "healthy")
        #expect(health?.message.contains("predictions passes over event \(index)") == true)
        #expect(try await bench.verify().findings == [])
        _ = try await application.rebuild { _, _, _ in }
        #expect(try await shown(application, context) == due)
        let (other, _) = try await Application.open(bench.settings, backend: Workbench.backend(bench.settings))
        #expect(try await shown(other, context) == due)
        let backup = try await application.backup(to: nil, context)
        let (settings, report) = try await bench.restore(backup, lock: bench.settings.lock)
        #expect(report.state == "live")
        #expect(try await Workbench.verify(settings).findings == [])
    }

    @Test func `passes over no other event, and at nobody else's word`() async throws {
        let (bench, ids, index) = try await bench()
        defer { bench.remove() }
        let (application, context) = (bench.application, bench.administrator)
        let size = try await application.head().size
        for (index, list, reason, due) in [
            (index, "predictions", "", "skip-reason-missing"), (index, "reviews", "r", "list-unknown"),
            (index - 1, "predictions", "r", "list-not-stopped"), (index, "timeline", "r", "list-not-stopped"),
            (nil, "predictions", "r", "list-not-stopped"),
        ] as [(UInt64?, String, String, String)] {
            #expect(await code { _ = try await application.skip(index, of: list, reason: reason, context) } == due)
        }
        #expect(try await application.head().size == size)
        for role in Role.allCases where role != .administrator {
            let somebody = RequestContext(
                Principal(id: "somebody", kind: .human, name: "somebody", role: role, credential: nil),
                from: .init(correlation: UUID().uuidString))
            #expect(
                await code { _ = try await application.skip(index, of: "predictions", reason: "r", somebody) }
                    == "forbidden")
        }
        #expect(try await application.lists(context).lists[0].stopped?.index == index)
        #expect(ids.count == 2)
    }

    /// What later events say of a list is not in the backup.
    @Test func `is restored as the log was when it was backed up`() async throws {
        let (bench, _, index) = try await bench()
        defer { bench.remove() }
        #expect(try await bench.verify().findings == [])
        let backup = try await bench.application.backup(to: nil, bench.administrator)
        _ = try await bench.application.skip(index, of: "predictions", reason: "r", bench.administrator)
        let (settings, report) = try await bench.restore(backup, lock: nil)
        #expect(report.state == "read-only")
        #expect(try await Workbench.verify(settings).findings == [])
    }
}

extension Workbench {
    /// Makes a prediction.
    fileprivate func predict() async throws -> String {
        try await application.predict(.init(image: try Workbench.xray(), patient: "P-1"), administrator).view.id
    }
}
