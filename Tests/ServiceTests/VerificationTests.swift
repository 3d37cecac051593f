import Foundation
import Records
import SQLiteStorage
import Testing

@testable import Service

@Suite struct `A verification` {
    private func codes(_ bench: Workbench) async throws -> Set<String> {
        Set(try await bench.verify().findings.map(\.code))
    }

    @Test func `folds the lists again and finds one that was edited`() async throws {
        let bench = try await Workbench()
        defer { bench.remove() }
        try await bench.application.start()
        _ = try await bench.application.predict(.init(image: try Workbench.xray(), patient: "P-1"), bench.administrator)
        _ = try await bench.application.projections()
        #expect(try await bench.verify().findings == [])
        try bench.tamper("UPDATE predictions SET label = 'NORMAL', probability = '0.1'", in: "cxrledger-views.db")
        #expect(try await codes(bench) == ["lists"])
        _ = try await bench.application.rebuild { _, _, _ in }
        #expect(try await bench.verify().findings == [])
        try bench.tamper("DELETE FROM timeline WHERE idx = 1", in: "cxrledger-views.db")
        #expect(try await codes(bench) == ["lists"])
    }

    @Test func `passes before anybody asked for a list`() async throws {
        let bench = try await Workbench()
        defer { bench.remove() }
        let report = try await bench.verify()
        #expect(report.findings == [])
        #expect(report.checks.first { $0.name == "lists" }?.verdict == "not checked")
    }

    @Test func `calls lists that it has no room to fold unchecked, not damaged`() async throws {
        let bench = try await Workbench()
        defer { bench.remove() }
        try await bench.application.start()
        _ = try await bench.application.projections()
        let backend = InterruptedBackend(Workbench.backend(bench.settings, isReadOnly: true), at: .scratch)
        let report = try await StoreVerification.run(settings: bench.settings, backend: backend) { _, _ in }
        #expect(report.findings == [])
        #expect(report.checks.filter { $0.verdict != "passed" }.map(\.name) == ["lists"])
    }

    @Test func `finds patients that changed places, whom nobody is shown`() async throws {
        let bench = try await Workbench()
        defer { bench.remove() }
        try await bench.application.start()
        for patient in ["P-1", "P-2"] {
            let request = PredictionRequest(image: try Workbench.xray(), patient: patient)
            _ = try await bench.application.predict(request, bench.administrator)
        }
        try bench.tamper(
            """
            CREATE TEMP TABLE swap AS SELECT subject, patient FROM subjects WHERE patient NOT NULL;
            UPDATE subjects SET patient = NULL;
            UPDATE subjects SET patient = (SELECT patient FROM swap WHERE swap.subject <> subjects.subject)
            WHERE subject IN (SELECT subject FROM swap)
            """, in: "secrets.db")
        #expect(try await codes(bench) == ["secret"])
        var filter = PredictionFilter()
        filter.patient = "P-1"
        let error = await #expect(throws: ServiceError.self) {
            try await bench.application.predictions(filter, bench.administrator)
        }
        #expect(error?.code == "secret-unreadable")
    }

    @Test(arguments: [
        ("INSERT INTO entries SELECT log, -1, 'evil', 'evil', 0, type, 0, entry FROM entries WHERE idx = 1", "columns"),
        ("INSERT INTO idempotency SELECT log, 'evil', 'evil', 'evil', -1 FROM logs", "idempotency"),
        ("CREATE TRIGGER evil AFTER INSERT ON idempotency BEGIN DELETE FROM idempotency; END", "database"),
        ("DROP INDEX idempotency_by_index", "database"), ("DELETE FROM migrations", "database"),
    ])
    func `finds rows under no index, and a structure that is not ours`(sql: String, code: String) async throws {
        let bench = try await Workbench()
        defer { bench.remove() }
        try await bench.application.start()
        try bench.tamperKeepingTriggers(sql)
        #expect(try await codes(bench) == [code])
    }

    /// A query believes an index: a name that is damaged there hides what the table still holds.
    @Test(arguments: [("cxrledger-views.db", "lists"), ("secrets.db", "secret")])
    func `finds a bit that changed in an index`(file: String, code: String) async throws {
        let bench = try await Workbench()
        defer { bench.remove() }
        try await bench.application.start()
        let request = PredictionRequest(image: try Workbench.xray(), patient: "P-1")
        let view = try await bench.application.predict(request, bench.administrator).view
        _ = try await bench.application.projections()
        try bench.tamper("PRAGMA wal_checkpoint(TRUNCATE)", in: file)
        let path = URL(filePath: bench.settings.home + "/" + file)
        let data = try Data(contentsOf: path)
        var place = data.startIndex
        var found = 0
        while let range = data.range(of: Data(view.subject.utf8), in: place..<data.endIndex) {
            (place, found) = (range.upperBound, found + 1)
            var damaged = data
            damaged[range.lowerBound + 3] ^= 1
            try damaged.write(to: path)
            #expect(try await codes(bench).contains(code))
        }
        #expect(found >= 2)
        try data.write(to: path)
        #expect(try await codes(bench) == [])
    }

    @Test func `leaves unchecked what it has no key or no pin for`() async throws {
        let bench = try await Workbench()
        defer { bench.remove() }
        try await bench.application.start()
        _ = try await bench.application.predict(.init(image: try Workbench.xray()), bench.administrator)
        for name in ["root.key", "event.key", "checkpoint.key", "wrapping.key", "genesis"] {
            try FileManager.default.removeItem(atPath: bench.settings.home + "/keys/" + name)
        }
        let report = try await bench.verify()
        #expect(report.findings == [])
        #expect(report.checks.filter { $0.verdict != "passed" }.map(\.name) == ["beginning", "secrets"])
    }

    @Test func `finds a subject whose secret is gone`() async throws {
        let bench = try await Workbench()
        defer { bench.remove() }
        try await bench.application.start()
        let view = try await bench.application.predict(.init(image: try Workbench.xray()), bench.administrator).view
        try bench.tamper("DELETE FROM subjects", in: "secrets.db")
        let findings = try await bench.verify().findings
        #expect(findings.map(\.code) == ["secret"])
        #expect(findings.map(\.index) == [view.index])
    }

    /// Evidence is looked at, not touched: not even missing tables or folders are made.
    @Test func `changes nothing in what it looks at`() async throws {
        let bench = try await Workbench()
        defer { bench.remove() }
        try await bench.application.start()
        _ = try await bench.application.predict(.init(image: try Workbench.xray()), bench.administrator)
        _ = try await bench.application.projections()
        let copy = bench.folder.appending(path: "copy")
        try FileManager.default.copyItem(at: URL(filePath: bench.settings.home), to: copy)
        try FileManager.default.removeItem(at: copy.appending(path: "images"))
        for suffix in ["", "-wal", "-shm"] {
            try? FileManager.default.removeItem(at: copy.appending(path: "cxrledger-views.db" + suffix))
        }
        var settings = bench.settings
        (settings.home, settings.lock) = (copy.path(), copy.path() + "/lock/checkpoint")
        let before = try content(of: copy)
        let report = try await Workbench.verify(settings)
        #expect(report.findings.map(\.code) == ["image"])
        #expect(report.checks.first { $0.name == "lists" }?.verdict == "not checked")
        #expect(report.checks.first { $0.name == "secrets" }?.verdict == "passed")
        #expect(try content(of: copy) == before)
    }

    /// Every file but the index of a write-ahead log, which every reader of a database makes.
    private func content(of folder: URL) throws -> [String: Data] {
        var content: [String: Data] = [:]
        for name in try FileManager.default.subpathsOfDirectory(atPath: folder.path()) where !name.hasSuffix("-shm") {
            content[name] = (try? Data(contentsOf: folder.appending(path: name))) ?? Data()
        }
        return content
    }

    @Test func `says that another log in the database was not looked at`() async throws {
        let bench = try await Workbench()
        defer { bench.remove() }
        try await bench.application.start()
        _ = try Workbench.backend(bench.settings).openLog(origin: "cxrledger/another")
        let report = try await bench.verify()
        #expect(report.ok)
        #expect(report.checks.contains { $0.verdict == "not checked" && $0.detail.contains("cxrledger/another") })
    }

    @Test func `goes through while events are appended`() async throws {
        let bench = try await Workbench()
        defer { bench.remove() }
        try await bench.application.start()
        let (application, context) = (bench.application, bench.administrator)
        let appending = Task {
            while !Task.isCancelled { _ = try await application.timeline(TimelineFilter(), context) }
        }
        defer { appending.cancel() }
        for _ in 0..<5 { #expect(try await bench.verify().findings == []) }
    }
}
