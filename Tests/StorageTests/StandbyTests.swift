import Storage
import StorageTestSupport
import Testing

@Suite struct `A standby` {
    private static let origin = "log.example/standby"

    @Test(arguments: Backend.allCases)
    func `answers what it has, and nothing that it has not come to`(backend: Backend) async throws {
        let site = try backend.makeSite()
        let log = try site.openLog(Self.origin)
        for index in 0..<3 { try await log.appendOne(named: "e\(index)") }
        let standby = Standby(
            log: try site.openLog(Self.origin), views: try site.openProjections(Self.origin))
        let ids = { @Sendable (reader: any LogReader) throws(StorageError) in
            try reader.entries(from: 1, limit: 5).map(\.eventID)
        }
        #expect(await standby.read(having: 3, ids) == ["e1", "e2"])
        #expect(await standby.read(having: 4, ids) == nil)
        try await log.appendOne(named: "e3")
        #expect(await standby.read(having: 4, ids) == ["e1", "e2", "e3"])
    }

    @Test func `that fails is not asked again at once`() async throws {
        let site = MemorySite()
        let plan = FaultPlan(failing: 1)
        let standby = Standby(
            log: FaultyStore(site.openLog(Self.origin), plan: plan), views: site.openProjections(Self.origin))
        let size = { @Sendable (reader: any LogReader) throws(StorageError) in try reader.head()?.size ?? 0 }
        #expect(await standby.read(having: 0, size) == nil)
        #expect(plan.failed != nil)
        #expect(await standby.read(having: 0, size) == nil, "the plan lets it answer now")
    }
}
