import CanonicalJSON
import Crypto
import Foundation
import Ledger
import Records
import Service
import Storage
import Testing
import Verifier

/// An export on disk that a test looks at and changes.
struct ExportCopy {
    let path: String

    func read(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(filePath: "\(path)/\(name)")))
    }

    func write(_ bytes: [UInt8], to name: String) throws {
        try Data(bytes).write(to: URL(filePath: "\(path)/\(name)"))
    }

    func text(_ name: String) throws -> String { String(decoding: try read(name), as: UTF8.self) }

    func verify(_ expecting: [Holding] = [], policy: Policy? = nil) throws -> VerificationVerdict {
        try ExportVerification.run(try ExportFolder(path), expecting: expecting, policy: policy)
    }
}

extension Workbench {
    /// A few predictions, a review, and what it takes to make them.
    static func withRecords() async throws -> Workbench {
        let bench = try await Workbench()
        try await bench.application.seedModel(bench.administrator)
        for number in 0..<4 {
            let request = PredictionRequest(
                image: try xray(number), patient: number < 2 ? "patient-7" : nil, fileName: "x.jpeg")
            let view = try await bench.application.predict(request, bench.administrator).view
            if number == 1 {
                _ = try await bench.application.review(
                    view.id, verdict: .agree, label: nil, reason: nil, bench.administrator)
            }
        }
        return bench
    }

    /// The root key that an auditor holds.
    func rootKey() throws -> Holding {
        let bytes = Array(try Data(contentsOf: URL(filePath: settings.home + "/keys/root.pub")))
        return try #require(Holding(bytes))
    }

    func export(_ change: (inout ExportRequest) -> Void = { _ in }) async throws -> (ExportView, ExportCopy) {
        var request = ExportRequest()
        change(&request)
        let target = folder.appending(path: "exports").path()
        let view = try await application.export(request, into: target, administrator)
        return (view, ExportCopy(path: view.path))
    }
}

@Suite struct `An export` {
    @Test func `of the whole log is verified from the root key alone`() async throws {
        let bench = try await Workbench.withRecords()
        defer { bench.remove() }
        let (view, copy) = try await bench.export()
        #expect(view.entries == view.size && view.matched == view.size && view.from == 0 && view.to == view.size)
        let verdict = try copy.verify([try bench.rootKey()])
        #expect(verdict.ok && verdict.code == "verified" && verdict.exit == 0, "\(verdict)")
        #expect(verdict.checks.allSatisfy { $0.verdict != "failed" })
        #expect(try copy.verify().code == "unanchored")
    }

    @Test func `tells of itself in the log`() async throws {
        let bench = try await Workbench.withRecords()
        defer { bench.remove() }
        let (view, copy) = try await bench.export { $0.type = "PredictionRecorded" }
        let events = try await bench.application.events(since: 0, limit: 1_000, bench.administrator).events
        let told = try #require(
            events.compactMap { event -> LogExported? in
                guard case .known(.logExported(let told)) = event.fact else { return nil }
                return told
            }.first)
        #expect(told.export == view.export && told.grade == "complete" && told.size == view.size)
        #expect(told.filters == ["type=PredictionRecorded"] && told.manifest == view.manifest)
        #expect(SHA256.hash(try copy.read("manifest.json")).hex == told.manifest)
        #expect(view.matched == 4 && view.entries == view.size)
    }

    @Test(arguments: [
        ("stream", "models"), ("type", "PredictionRecorded"), ("actor", "os:test"), ("patient", "patient-7"),
        ("model", "1"), ("since", "2020-01-01"), ("until", "2120-01-01"),
    ])
    func `of either grade holds what was asked for`(filter: (name: String, value: String)) async throws {
        let bench = try await Workbench.withRecords()
        defer { bench.remove() }
        let model = try await bench.application.models(bench.administrator).models[0].digest
        func ask(_ request: inout ExportRequest) {
            switch filter.name {
            case "stream": request.stream = filter.value
            case "type": request.type = filter.value
            case "actor": request.actor = filter.value
            case "patient": request.patient = filter.value
            case "model": request.model = model
            case "since": request.since = filter.value
            default: request.until = filter.value
            }
        }
        let (complete, whole) = try await bench.export(ask)
        let (authentic, selection) = try await bench.export {
            $0.grade = .authentic
            ask(&$0)
        }
        for copy in [whole, selection] {
            let verdict = try copy.verify([try bench.rootKey()])
            #expect(verdict.ok, "\(verdict.summary)")
        }
        #expect(authentic.entries == authentic.matched && authentic.matched >= complete.matched)
        if filter.name == "patient" {
            #expect(complete.matched == 3)  // two predictions and a review
            for name in ["manifest.json", "entries.jsonl", "entries.csv", "report.html"] {
                let text = try whole.text(name)
                #expect(!text.contains("patient-7"))
            }
        }
    }

    @Test func `of a range of indices rebuilds the roots at both ends`() async throws {
        let bench = try await Workbench.withRecords()
        defer { bench.remove() }
        for (from, to) in [(0, 3), (3, 8), (5, 6), (1, 12)] as [(UInt64, UInt64)] {
            let (view, copy) = try await bench.export { ($0.from, $0.to) = (from, to) }
            #expect(view.entries == to - from)
            #expect(try copy.verify([try bench.rootKey()]).ok)
        }
    }

    @Test func `of a time begins and ends with a witness of the time outside`() async throws {
        let bench = try await Workbench.withRecords()
        defer { bench.remove() }
        let events = try await bench.application.events(since: 0, limit: 1_000, bench.administrator).events
        let (since, until) = (events[4].envelope.recordedAt, events[8].envelope.recordedAt)
        let (view, copy) = try await bench.export { ($0.since, $0.until) = (since.description, until.description) }
        #expect(view.from < 4 || events[Int(view.from)].envelope.recordedAt < since)
        #expect(events[Int(view.to) - 1].envelope.recordedAt >= until)
        let matching = events.filter { $0.envelope.recordedAt >= since && $0.envelope.recordedAt < until }.count
        #expect(view.matched == UInt64(matching))
        #expect(try copy.verify([try bench.rootKey()]).ok)
    }

    @Test func `continues a checkpoint that the auditor holds, and no other`() async throws {
        let bench = try await Workbench.withRecords()
        defer { bench.remove() }
        let note = try await bench.application.checkpoint(bench.administrator)
        let held = try #require(Holding(Array(note.utf8)))
        let size = try #require(held.heldCheckpoint?.checkpoint.size)
        _ = try await bench.application.models(bench.administrator)
        let (_, first) = try await bench.export { ($0.from, $0.known) = (2, [size]) }
        #expect(try first.verify([held]).ok)
        let (_, unnamed) = try await bench.export { $0.from = 2 }
        #expect(try unnamed.verify([held]).code == "expectation-checkpoint")
        let (_, whole) = try await bench.export()
        #expect(try whole.verify([held]).ok, "the root at that size follows from the entries")
        let other = try await Workbench.withRecords()
        defer { other.remove() }
        #expect(try first.verify([try other.rootKey()]).code == "expectation-root")
        let foreign = try await other.application.checkpoint(other.administrator)
        #expect(try first.verify([try #require(Holding(Array(foreign.utf8)))]).code == "expectation-root")
    }

    @Test func `holds a record that the auditor has, or says that it does not`() async throws {
        let bench = try await Workbench.withRecords()
        defer { bench.remove() }
        let (_, copy) = try await bench.export()
        let line = try copy.read("entries.jsonl").split(separator: 0x0A)[6]
        let record = try #require(Holding(Array(line)))
        #expect(try copy.verify([record, try bench.rootKey()]).ok)
        #expect(try copy.verify([record]).code == "unanchored")
        let (_, part) = try await bench.export { $0.to = 4 }
        #expect(try part.verify([record, try bench.rootKey()]).code == "expectation-record")
    }

    @Test func `cannot be changed in any file`() async throws {
        let bench = try await Workbench.withRecords()
        defer { bench.remove() }
        let root = try bench.rootKey()
        for grade in ExportManifest.Grade.allCases {
            let (_, copy) = try await bench.export { $0.grade = grade }
            let names = ExportFile.listed(grade) + [ExportFile.manifest, ExportFile.signature]
            for name in names {
                let bytes = try copy.read(name)
                for position in stride(from: 0, to: bytes.count, by: max(1, bytes.count / 40)) {
                    var changed = bytes
                    changed[position] ^= 1
                    try copy.write(changed, to: name)
                    let verdict = try copy.verify([root])
                    #expect([3, 4, 5, 6].contains(verdict.exit), "\(name) at \(position): \(verdict.code)")
                }
                try FileManager.default.removeItem(atPath: "\(copy.path)/\(name)")
                #expect(try copy.verify([root]).code == "file-missing", "\(name)")
                try copy.write(bytes, to: name)
            }
            try copy.write([1], to: "more")
            #expect(try copy.verify([root]).code == "file-unlisted")
        }
    }

    @Test(arguments: ExportManifest.Grade.allCases)
    func `goes on where it was stopped, to the same bytes`(grade: ExportManifest.Grade) async throws {
        let bench = try await Workbench.withRecords()
        defer { bench.remove() }
        let (_, whole) = try await bench.export { $0.grade = grade }
        // As a process leaves it that was killed before its first state beyond the beginning.
        let manifest = try ExportManifest(parsing: try whole.read("manifest.json"))
        let folder = whole.path + ".partial"
        try FileManager.default.moveItem(atPath: whole.path, toPath: folder)
        let partial = ExportCopy(path: folder)
        let entries = try partial.read("entries.jsonl")
        try partial.write(Array(entries.prefix(entries.count / 2)), to: "entries.jsonl")
        let state = JSONValue.object([
            "format": "cxrledger-export-state/1",
            "plan": .object([
                "checkpoint": .string(try partial.text("checkpoint")),
                "created_at": .string(manifest.createdAt.description), "export": .string(manifest.export),
                "filters": [:], "from": 0, "grade": .string(grade.rawValue), "known": [],
                "to": .integer(Int64(manifest.to)),
            ]),
            "progress": ["entries": 0, "lengths": [:], "matched": 0, "next": 0, "recorded": false],
        ])
        try partial.write(state.canonicalBytes(), to: "state.json")
        try partial.write([1], to: ".4711.42")  // a file that was being placed
        let view = try await bench.application.resumeExport(in: folder, bench.administrator)
        #expect(view.path == whole.path)
        #expect(try whole.read("manifest.json") == manifest.bytes)
        #expect(try whole.verify([try bench.rootKey()]).ok)
        #expect(!FileManager.default.fileExists(atPath: "\(whole.path)/state.json"))
    }

    @Test func `is not unpacked beyond what an archive of its size would hold`() async throws {
        let bench = try await Workbench.withRecords()
        defer { bench.remove() }
        let (view, copy) = try await bench.export { _ in }
        #expect(truncate("\(copy.path)/entries.csv", 64 << 20) == 0)  // zeros, which shrink to nothing
        let packed = try await bench.application.archive(view)
        let error = #expect(throws: ServiceError.self) { try UnpackedExport(packed.path) }
        #expect(error?.code == "archive-foreign")
    }

    @Test func `is refused to whoever may not export, and where nothing can be recorded`() async throws {
        let bench = try await Workbench.withRecords()
        defer { bench.remove() }
        await #expect(throws: ServiceError.self) { try await bench.export { ($0.from, $0.since) = (1, "2026-01-01") } }
        await #expect(throws: ServiceError.self) { try await bench.export { ($0.from, $0.to) = (5, 5) } }
        await #expect(throws: ServiceError.self) { try await bench.export { $0.to = 1 << 40 } }
        await #expect(throws: ServiceError.self) { try await bench.export { $0.patient = "nobody" } }
        await #expect(throws: ServiceError.self) { try await bench.export { $0.known = [1 << 40] } }
        let left = (try? FileManager.default.contentsOfDirectory(atPath: bench.folder.path() + "/exports")) ?? []
        #expect(left.isEmpty)
    }
}

@Suite struct `A prediction passport` {
    @Test func `proves a prediction years later, with or without its picture`() async throws {
        let bench = try await Workbench.withRecords()
        defer { bench.remove() }
        let application = bench.application
        let page = try await application.predictions(PredictionFilter(), bench.administrator)
        for prediction in page.predictions {
            for withImage in [false, true] {
                let bytes = try await application.passport(
                    of: prediction.id, withImage: withImage, bench.administrator)
                let verdict = PassportVerification.run(bytes, expecting: [try bench.rootKey()])
                #expect(verdict.ok, "\(verdict.summary)")
                #expect(PassportVerification.run(bytes).code == "unanchored")
                let passport = try Passport(parsing: bytes)
                #expect(passport.bytes == bytes && passport.modelCard != nil && (passport.image != nil) == withImage)
                #expect(passport.reviews.count == (prediction.review == nil ? 0 : 1))
            }
        }
        let events = try await application.events(since: 0, limit: 1_000, bench.administrator).events
        let looks = events.compactMap { event -> String? in
            guard case .known(.predictionRead(let look)) = event.fact else { return nil }
            return look.part
        }
        #expect(looks.filter { $0 == "passport" }.count == 4 && looks.filter { $0 == "passport with image" }.count == 4)
    }

    @Test func `is refused when anything in it was changed`() async throws {
        let bench = try await Workbench.withRecords()
        defer { bench.remove() }
        let page = try await bench.application.predictions(PredictionFilter(), bench.administrator)
        let bytes = try await bench.application.passport(
            of: page.predictions[0].id, withImage: true, bench.administrator)
        let root = try bench.rootKey()
        for position in stride(from: 0, to: bytes.count, by: bytes.count / 300) {
            var changed = bytes
            changed[position] ^= 1
            let verdict = PassportVerification.run(changed, expecting: [root])
            #expect([3, 4, 5, 6].contains(verdict.exit), "at \(position): \(verdict.code)")
        }
        let other = try Passport(
            parsing: try await bench.application.passport(
                of: page.predictions[1].id, withImage: true, bench.administrator))
        let mine = try Passport(parsing: bytes)
        let mixed = try Passport(
            origin: mine.origin, rootKey: mine.rootKey, prediction: mine.prediction, entry: mine.entry,
            proof: mine.proof, keys: mine.keys, model: mine.model, modelCard: mine.modelCard, reviews: mine.reviews,
            image: other.image)
        #expect(PassportVerification.run(mixed.bytes, expecting: [root]).code == "file-digest")
    }

    @Test func `anchors an export that continues it`() async throws {
        let bench = try await Workbench.withRecords()
        defer { bench.remove() }
        let page = try await bench.application.predictions(PredictionFilter(), bench.administrator)
        let bytes = try await bench.application.passport(
            of: page.predictions[0].id, withImage: false, bench.administrator)
        let held = try #require(Holding(bytes))
        let (_, copy) = try await bench.export { $0.known = [held.heldCheckpoint?.checkpoint.size ?? 0] }
        #expect(try copy.verify([held]).ok)
    }
}
