import Foundation
import Storage
import Testing

@testable import Service

@Suite struct `A backup` {
    @Test func `without the lock that survived is restored to be read only`() async throws {
        let bench = try await Workbench()
        defer { bench.remove() }
        try await bench.application.start()
        let image = try Workbench.xray()
        let id = try await bench.application.predict(.init(image: image, patient: "P-1"), bench.administrator).view.id
        let backup = try await bench.application.backup(to: nil, bench.administrator)
        let (settings, report) = try await bench.restore(backup, lock: nil)
        #expect(report.state == "read-only")
        #expect(report.root == backup.root)
        let (restored, _) = try await Application.open(settings, backend: Workbench.backend(settings))
        #expect(try await restored.image(of: id, bench.administrator).bytes == image)
        await #expect(throws: ServiceError.self) {
            try await restored.predict(.init(image: image), bench.administrator)
        }
        #expect(try await Workbench.verify(settings).findings == [])
    }

    @Test func `with a lock beyond it is restored BEHIND, and never signs`() async throws {
        let bench = try await Workbench()
        defer { bench.remove() }
        try await bench.application.start()
        let backup = try await bench.application.backup(to: nil, bench.administrator)
        _ = try await bench.application.predict(.init(image: try Workbench.xray()), bench.administrator)
        let (settings, report) = try await bench.restore(backup, lock: bench.settings.lock)
        #expect(report.state == "behind")
        let (restored, _) = try await Application.open(settings, backend: Workbench.backend(settings))
        let error = await #expect(throws: ServiceError.self) {
            try await restored.predict(.init(image: try Workbench.xray()), bench.administrator)
        }
        #expect(error?.code == "behind")
        #expect(await restored.health().status == "unhealthy")
    }

    @Test func `at the surviving lock's size goes on, with the restore as its next event`() async throws {
        let bench = try await Workbench()
        defer { bench.remove() }
        try await bench.application.start()
        let image = try Workbench.xray()
        let id = try await bench.application.predict(.init(image: image), bench.administrator).view.id
        // The backup's own event is in it, so that the lock stands where it ends.
        let backup = try await bench.application.backup(to: nil, bench.administrator)
        let (settings, report) = try await bench.restore(backup, lock: bench.settings.lock)
        #expect(report.state == "live")
        let (restored, _) = try await Application.open(settings, backend: Workbench.backend(settings))
        #expect(try await restored.reproduce(id, bench.administrator).same)
        _ = try await restored.predict(.init(image: image), bench.administrator)
        // The old log is still there, but the lock that both share has gone on: no size is ever released twice.
        let late = await #expect(throws: ServiceError.self) {
            try await bench.application.predict(.init(image: image), bench.administrator)
        }
        #expect(late?.code == "behind")
        var filter = TimelineFilter()
        filter.type = "RestoreCompleted"
        #expect(try await restored.timeline(filter, bench.administrator).events.map(\.index) == [backup.size])
        #expect(try await Workbench.verify(settings).findings == [])
    }

    @Test func `that is damaged is refused, the file named, and nothing is written`() async throws {
        let bench = try await Workbench()
        defer { bench.remove() }
        try await bench.application.start()
        _ = try await bench.application.predict(.init(image: try Workbench.xray()), bench.administrator)
        let backup = try await bench.application.backup(to: nil, bench.administrator)
        let files = try FileManager.default.subpathsOfDirectory(atPath: backup.path).filter { name in
            var isFolder: ObjCBool = false
            return FileManager.default.fileExists(atPath: "\(backup.path)/\(name)", isDirectory: &isFolder)
                && !isFolder.boolValue
        }
        for file in files {
            let path = URL(filePath: "\(backup.path)/\(file)")
            let sound = try Data(contentsOf: path)
            var damaged = sound
            damaged[sound.count / 2] ^= 4
            try damaged.write(to: path)
            let error = await #expect(throws: ServiceError.self) { try await bench.restore(backup, lock: nil) }
            #expect(
                error?.code == "backup-damaged"
                    && error?.detail.contains(file.hasPrefix("manifest") ? "manifest" : file) == true)
            #expect(
                !FileManager.default.fileExists(atPath: bench.folder.appending(path: "restored/keys/origin").path()))
            #expect(
                !FileManager.default.fileExists(atPath: bench.folder.appending(path: "restored/cxrledger.db").path()))
            try sound.write(to: path)
        }
        #expect(files.count > 5)
    }
}

@Suite struct `A lost lock` {
    @Test func `beside a log with entries makes the log read-only`() async throws {
        let bench = try await Workbench()
        defer { bench.remove() }
        try await bench.application.start()
        try FileManager.default.removeItem(atPath: bench.settings.lock)
        let (again, _) = try await Application.open(bench.settings, backend: Workbench.backend(bench.settings))
        let error = await #expect(throws: ServiceError.self) {
            try await again.predict(.init(image: try Workbench.xray()), bench.administrator)
        }
        #expect(error?.code == "lock-missing")
        #expect(await again.health().status == "unhealthy")
        #expect(try await bench.verify().findings.map(\.code) == ["lock-missing"])
    }

    @Test func `cut to half is found`() async throws {
        let bench = try await Workbench()
        defer { bench.remove() }
        try await bench.application.start()
        #expect(truncate(bench.settings.lock, 4_096) == 0)
        #expect(try await bench.verify().findings.map(\.code) == ["lock"])
    }
}

@Suite struct `Keys that the root did not certify` {
    @Test func `never sign`() async throws {
        let bench = try await Workbench()
        defer { bench.remove() }
        try await bench.application.start()
        let keys = URL(filePath: bench.settings.home).appending(path: "keys")
        let (event, checkpoint) = (keys.appending(path: "event.key"), keys.appending(path: "checkpoint.key"))
        let bytes = try Data(contentsOf: checkpoint)
        try bytes.write(to: event)
        let (again, _) = try await Application.open(bench.settings, backend: Workbench.backend(bench.settings))
        #expect(again.readOnly?.code == "keys-uncertified")
        await #expect(throws: ServiceError.self) {
            try await again.predict(.init(image: try Workbench.xray()), bench.administrator)
        }
    }

    @Test func `into a full disk names that disk, and not the home`() {
        let error = SmallFile.error(StorageError(.full, detail: "/mnt/backup/tile: write: No space left on device"))
        #expect(error.code == "store-full")
        #expect(error.detail.hasPrefix("/mnt/backup/tile: ") && !error.detail.contains("CXRLEDGER_HOME"))
    }
}
