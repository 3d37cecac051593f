import CanonicalJSON
import Crypto
import Foundation
import Ledger
import Records
import Storage
import Testing

@testable import Service

@Suite struct `The keys of a home` {
    private func rotation(_ change: (inout KeyRotation) -> Void = { _ in }) -> KeyRotation {
        var rotation = KeyRotation()
        rotation.reason = "a test"
        change(&rotation)
        return rotation
    }

    private func files(_ bench: Workbench) throws -> Set<String> {
        Set(
            try FileManager.default.contentsOfDirectory(atPath: bench.settings.home + "/keys").filter {
                $0.hasSuffix(".key")
            })
    }

    private static let whole: Set = ["root.key", "event.key", "checkpoint.key", "wrapping.key"]

    private func write(_ text: String, _ bench: Workbench, _ name: String) throws -> String {
        let path = bench.folder.appending(path: name).path()
        try SmallFile.write(Array(text.utf8), to: path)
        return path
    }

    @Test func `are replaced in one step, and the log goes on with the new ones`() async throws {
        let bench = try await Workbench()
        defer { bench.remove() }
        let before = try await bench.application.keys(bench.administrator)
        #expect(before.keys.map(\.state) == ["current", "current"] && before.keys.allSatisfy { $0.kept == "file" })
        let after = try await bench.application.rotateKeys(rotation(), bench.administrator)
        #expect(after.keys.map(\.state) == ["retired", "retired", "current", "current"])
        #expect(after.keys.map(\.kept) == [nil, nil, "file", "file"], "an old private key is of no use to anybody")
        #expect(after.keys[0].countsTo == after.keys[2].countsFrom && after.size == before.size + 3)
        #expect(try files(bench) == Self.whole)
        _ = try await bench.application.issue(role: .auditor, name: "after", bench.administrator)
        let report = try await bench.verify()
        #expect(report.ok && report.flags.isEmpty, "\(report.findings)")
        let again = try await Workbench(folder: bench.folder)
        _ = try await again.application.issue(role: .auditor, name: "later", again.administrator)
        #expect(try await again.verify().ok)
    }

    @Test func `are replaced one by one too`() async throws {
        let bench = try await Workbench()
        defer { bench.remove() }
        for purpose in ["event", "checkpoint"] {
            let list = try await bench.application.rotateKeys(rotation { $0.purposes = [purpose] }, bench.administrator)
            #expect(list.keys.filter { $0.state == "retired" }.last?.purpose == purpose)
        }
        #expect(try await bench.verify().ok)
        await #expect(throws: ServiceError.self) {
            try await bench.application.rotateKeys(rotation { $0.purposes = ["root"] }, bench.administrator)
        }
    }

    @Test func `are taken over by every process that runs`() async throws {
        let bench = try await Workbench()
        defer { bench.remove() }
        let other = try await Workbench(folder: bench.folder)
        _ = try await other.application.issue(role: .auditor, name: "first", other.administrator)
        try await withThrowingTaskGroup { group in
            group.addTask {
                for number in 0..<20 {
                    _ = try await other.application.issue(role: .auditor, name: "a\(number)", other.administrator)
                }
            }
            group.addTask {
                for _ in 0..<3 { _ = try await bench.application.rotateKeys(self.rotation(), bench.administrator) }
            }
            try await group.waitForAll()
        }
        #expect(try await bench.verify().ok)
        #expect(try files(bench) == Self.whole)
    }

    @Test func `are replaced by the root alone when they were lost`() async throws {
        let bench = try await Workbench()
        defer { bench.remove() }
        for name in ["event.key", "checkpoint.key"] {
            try FileManager.default.removeItem(atPath: "\(bench.settings.home)/keys/\(name)")
        }
        let bare = try await Workbench(folder: bench.folder)
        await #expect(throws: ServiceError.readOnly) {
            try await bare.application.issue(role: .auditor, name: "no", bare.administrator)
        }
        let list = try await bare.application.rotateKeys(rotation(), bare.administrator)
        #expect(list.keys.map(\.state) == ["retired", "retired", "current", "current"])
        let again = try await Workbench(folder: bench.folder)
        _ = try await again.application.issue(role: .auditor, name: "yes", again.administrator)
        #expect(try await again.verify().ok)
    }

    @Test func `wait for a root key that is kept elsewhere`() async throws {
        let bench = try await Workbench()
        defer { bench.remove() }
        let (application, administrator) = (bench.application, bench.administrator)
        let elsewhere = bench.folder.appending(path: "root.key").path()
        try FileManager.default.moveItem(atPath: bench.settings.home + "/keys/root.key", toPath: elsewhere)
        let missing = await #expect(throws: ServiceError.self) {
            try await application.rotateKeys(rotation(), administrator)
        }
        #expect(missing?.code == "root-missing")
        #expect(try files(bench) == Self.whole.subtracting(["root.key"]), "nothing was made for nothing")
        let text = try await application.requestKeys(KeyRotation.allPurposes, on: nil, administrator)
        #expect(try await application.requestKeys(KeyRotation.allPurposes, on: nil, administrator) == text)
        #expect(
            try await application.keys(administrator).keys.map(\.state) == ["current", "current", "waiting", "waiting"])
        let request = try KeyRequest(parsing: Array(text.utf8))
        #expect(request.sentences.count == 2 && request.origin == application.origin)
        let root = try KeyRequest.root(file: elsewhere, access: KeyAccess())
        let word = try request.certificates(by: root)
        let stranger = try request.certificates(by: Ed25519.PrivateKey.generate())
        for bad in [stranger, "", "{}", text, String(word.dropLast()), word.replacing("keys", with: "keyz")] {
            await #expect(throws: ServiceError.self) {
                try await application.rotateKeys(rotation { $0.certificates = bad }, administrator)
            }
        }
        let list = try await application.rotateKeys(rotation { $0.certificates = word + "\n" }, administrator)
        #expect(list.keys.map(\.state) == ["retired", "retired", "current", "current"])
        await #expect(throws: ServiceError.self) {
            try await application.rotateKeys(rotation { $0.certificates = word }, administrator)
        }
        #expect(try await application.rotateKeys(rotation { $0.rootFile = elsewhere }, administrator).keys.count == 6)
        #expect(try await bench.verify().ok)
    }

    @Test func `are refused a request with anything else in it`() throws {
        let certificate = KeyCertificate(
            key: Ed25519.PrivateKey.generate().publicKey, purpose: .event, log: "log.example", validFrom: 7)
        let text = String(decoding: KeyRequest(origin: "log.example", certificates: [certificate]).bytes, as: UTF8.self)
        #expect(throws: Never.self) { try KeyRequest(parsing: Array(text.utf8)) }
        for (old, new) in [
            ("log.example", "other.example"), ("/1", "/2"), ("certificates", "certificate"), ("[", "[\"!\","),
            ("{", "{\"x\":1,"),
            ("}", ""),
        ] {
            #expect(throws: ServiceError.self) { try KeyRequest(parsing: Array(text.replacing(old, with: new).utf8)) }
        }
    }

    /// What a rotation leaves behind when it is killed: before the append, and after it.
    @Test(arguments: [false, true]) func `go on by themselves after a rotation was cut off`(isRecorded: Bool)
        async throws
    {
        let bench = try await Workbench()
        defer { bench.remove() }
        let keys = bench.settings.home + "/keys"
        var old: [String: [UInt8]] = [:]
        for name in ["event.key", "checkpoint.key"] { old[name] = try SmallFile.read("\(keys)/\(name)") }
        if isRecorded {
            _ = try await bench.application.rotateKeys(rotation(), bench.administrator)
            for (name, bytes) in old {
                let key = try #require(try KeyFile.read("\(keys)/\(name)")).publicKey
                let purpose = try #require(KeyCertificate.Purpose(current: name))
                try FileManager.default.moveItem(
                    atPath: "\(keys)/\(name)", toPath: "\(keys)/\(KeyFolder.pendingName(purpose, key))")
                try SmallFile.write(bytes, to: "\(keys)/\(name)")
            }
        } else {
            _ = try await bench.application.requestKeys(KeyRotation.allPurposes, on: nil, bench.administrator)
        }
        // Another process that ran all the time, and one that starts now.
        _ = try await bench.application.issue(role: .auditor, name: "running", bench.administrator)
        let waiting = try files(bench).subtracting(Self.whole)
        #expect(waiting.count == 2)
        let backup = try await bench.application.backup(to: nil, bench.administrator)
        let again = try await Workbench(folder: bench.folder)
        #expect(try files(bench) == (isRecorded ? Self.whole : Self.whole.union(waiting)))
        if !isRecorded {
            let list = try await again.application.rotateKeys(rotation(), again.administrator)
            #expect(
                list.keys.filter { $0.state == "current" }.allSatisfy { key in
                    waiting.contains { $0.contains(key.id.prefix(16)) }
                })
        }
        // The backup took the keys along that waited.
        let (settings, report) = try await bench.restore(backup, lock: bench.settings.lock)
        #expect(report.state == (isRecorded ? "live" : "behind"))
        if isRecorded { #expect(try await Workbench.verify(settings).ok) }
    }

    @Test func `stay with a backup from before a rotation, which is behind the lock that survived`() async throws {
        let bench = try await Workbench()
        defer { bench.remove() }
        let backup = try await bench.application.backup(to: nil, bench.administrator)
        _ = try await bench.application.rotateKeys(rotation(), bench.administrator)
        let (settings, report) = try await bench.restore(backup, lock: bench.settings.lock)
        #expect(report.state == "behind")
        let codes = try await Workbench.verify(settings).findings.map(\.code)
        #expect(codes == ["behind", "behind"] || codes == ["behind"])
    }

    @Test func `of a copy that nobody may add to stay as they are`() async throws {
        let bench = try await Workbench()
        defer { bench.remove() }
        let backup = try await bench.application.backup(to: nil, bench.administrator)
        let (settings, report) = try await bench.restore(backup, lock: nil)
        #expect(report.state == "read-only")
        let copy = try await Application.open(settings, backend: Workbench.backend(settings)).application
        let refusal = await #expect(throws: ServiceError.self) {
            try await copy.rotateKeys(
                rotation { $0.rootFile = bench.settings.home + "/keys/root.key" }, bench.administrator)
        }
        #expect(refusal?.code == "copy-of-log")
    }

    @Test func `may be called compromised, and what they signed is flagged everywhere`() async throws {
        let bench = try await Workbench()
        defer { bench.remove() }
        let (application, administrator) = (bench.application, bench.administrator)
        let list = try await application.rotateKeys(rotation(), administrator)
        let (event, checkpoint) = (list.keys[0], list.keys[1])
        let current = await #expect(throws: ServiceError.self) {
            try await application.retireKey(list.keys[2].id, reason: "no", administrator)
        }
        #expect(current?.code == "key-current")
        let retired = await #expect(throws: ServiceError.self) {
            try await application.retireKey(event.id, reason: "no", administrator)
        }
        #expect(retired?.code == "key-retired")
        for (id, index) in [("ffffffff", UInt64(0)), ("", 0), (event.id, 1_000)] {
            await #expect(throws: ServiceError.self) {
                try await application.reportCompromised(id, from: index, reason: "no", administrator)
            }
        }
        _ = try await application.reportCompromised(
            String(event.id.prefix(12)), from: 1, reason: "stolen", administrator)
        let after = try await application.reportCompromised(checkpoint.id, from: 0, reason: "stolen", administrator)
        let end = try #require(list.keys[2].countsFrom)
        #expect(after.keys[0].flagged == .init(from: 1, to: end) && after.keys[1].flagged == .init(from: 0, to: end))
        let report = try await bench.verify()
        #expect(report.ok && report.flags.map(\.purpose) == ["event", "checkpoint"])
        #expect(report.flags.map(\.from) == [1, 0] && report.flags.allSatisfy { $0.to == end })
        for mode in [VerificationMode.tree, .signatures, .sample(5)] {
            let scaled = try await StoreVerification.run(
                mode, settings: bench.settings, backend: Workbench.backend(bench.settings, isReadOnly: true)
            ) { _, _ in }
            #expect(scaled.flags == report.flags)
        }
        let (_, flagged) = try await application.event("1", administrator)
        #expect(flagged.flags == ["event-key-compromised"])
        let (_, first) = try await application.event("0", administrator)
        #expect(first.flags.isEmpty)
    }

    @Test func `may be handled by administrators alone`() async throws {
        let bench = try await Workbench()
        defer { bench.remove() }
        for role in Role.allCases where role != .administrator {
            let key = try await bench.application.issue(role: role, name: "x", bench.administrator)
            let context = try await bench.application.authenticate(key: key.key, from: .init(correlation: "c"))
            #expect(try await bench.application.keys(context).keys.count == 2)
            let refusal = await #expect(throws: ServiceError.self) {
                try await bench.application.rotateKeys(rotation(), context)
            }
            #expect(refusal?.kind == .forbidden)
        }
    }

    @Test func `lie sealed when a passphrase is set, and nothing starts without it`() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "cxr-\(UUID().uuidString)")
        let secret = folder.path() + "/passphrase"
        try SmallFile.makeFolder(folder.path())
        try SmallFile.write(Array("correct horse\n".utf8), to: secret)
        let bench = try await Workbench(folder: folder) { $0.keyAccess.passphraseFile = secret }
        defer { bench.remove() }
        let keys = bench.settings.home + "/keys"
        for name in ["root.key", "event.key", "checkpoint.key"] {
            let bytes = try #require(try SmallFile.read("\(keys)/\(name)"))
            #expect(bytes.starts(with: SealedKeyFile.header.utf8))
        }
        let list = try await bench.application.rotateKeys(rotation(), bench.administrator)
        #expect(list.keys.suffix(2).allSatisfy { $0.kept == "sealed" })
        #expect(try await bench.verify().ok)
        let without = await #expect(throws: ServiceError.self) { try await Workbench(folder: folder) }
        #expect(without?.code == "key-sealed")
        try SmallFile.write(Array("wrong horse".utf8), to: secret)
        let wrong = await #expect(throws: ServiceError.self) {
            try await Workbench(folder: folder) { $0.keyAccess.passphraseFile = secret }
        }
        #expect(wrong?.code == "key-passphrase" && wrong?.detail.contains("horse") == false)
        #expect(chmod(secret, 0o644) == 0)
        let open = await #expect(throws: ServiceError.self) {
            try await Workbench(folder: folder) { $0.keyAccess.passphraseFile = secret }
        }
        #expect(open?.code == "key-readable")
    }

    @Test(arguments: ["event.key", "root.key", "wrapping.key"]) func `are refused when others may read them`(
        name: String
    ) async throws {
        let bench = try await Workbench()
        defer { bench.remove() }
        #expect(chmod("\(bench.settings.home)/keys/\(name)", 0o640) == 0)
        let refusal = await #expect(throws: ServiceError.self) {
            let again = try await Workbench(folder: bench.folder)
            _ = try await again.application.rotateKeys(rotation(), again.administrator)
        }
        #expect(refusal?.code == "key-readable")
    }
}
