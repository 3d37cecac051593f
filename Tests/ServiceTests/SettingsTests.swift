import Foundation
import Testing

@testable import Service

@Suite struct `Effective settings` {
    @Test func `come from flags, then the environment, then the file`() throws {
        let settings = try Settings(
            flags: ["API_PORT": "1"], environment: ["API_PORT": "2", "BATCH_SIZE": "3"],
            file: ["API_PORT": "4", "BATCH_SIZE": "5", "API_WORKERS": "6"])
        #expect((settings.port, settings.batchSize, settings.workers) == (1, 3, 6))
    }

    @Test(arguments: [
        ("API_PORT", "eighty"), ("API_PORT", "70000"), ("BATCH_SIZE", "0"), ("CACHE_ENABLED", "maybe"),
        ("LOG_LEVEL", "loud"), ("DATABASE_URL", "mysql://x"), ("MODEL_PATH", "model.h5"), ("API_WORKERS", "-1"),
        ("CXRLEDGER_LOCK", "/tmp"), ("LOG_FILE", "/tmp/"), ("TLOG_PUBLIC", "maybe"), ("TLOG_INTERVAL_MS", "199"),
        ("TLOG_INTERVAL_MS", "10001"), ("TLOG_S3", "https://bucket"), ("BLOBS_S3", "s3://bucket?x"),
        ("S3_ENDPOINT", "minio:9000"),
        ("S3_ENDPOINT", "https://user:secret@minio"), ("S3_ENDPOINT", "https://minio/path"), ("AWS_REGION", "Moon:1"),
        ("CXRLEDGER_SCRUB_RATE", "-1"), ("DATABASE_READ_URL", "sqlite:///x.db"), ("DATABASE_READ_LAG", "-1"),
    ])
    func `are refused with the name, the problem and an example`(name: String, value: String) throws {
        let error = #expect(throws: SettingsError.self) {
            try Settings(flags: [:], environment: [name: value], file: [:])
        }
        #expect(error?.problems.map(\.name) == [name])
        #expect(error?.description.contains("Example: \(name)=") == true)
    }

    @Test func `report every problem at once`() {
        let error = #expect(throws: SettingsError.self) {
            try Settings(flags: [:], environment: ["API_PORT": "x", "BATCH_SIZE": "x"], file: [:])
        }
        #expect(error?.problems.count == 2)
    }

    @Test func `never show the password of a database`() throws {
        let settings = try Settings(
            flags: [:], environment: ["DATABASE_URL": "postgresql://ana:hunter2@db:5432/x"], file: [:])
        #expect(!settings.effective.contains { $0.value.contains("hunter2") })
    }

    @Test func `put database and lock below the home unless they are named`() throws {
        let settings = try Settings(flags: ["CXRLEDGER_HOME": "/srv/cxr"], environment: [:], file: [:])
        #expect(settings.lock == "/srv/cxr/lock/checkpoint")
        #expect(settings.tlogFolder == "/srv/cxr/tlog")
        #expect(settings.sqlitePath == "/srv/cxr/cxrledger.db")
    }

    @Test(arguments: ["TLOG_S3", "BLOBS_S3"])
    func `ask for the keys of the object store that they name, and never show them`(name: String) throws {
        let store = [name: "s3://bucket/log", "S3_ENDPOINT": "https://minio:9000"]
        let error = #expect(throws: SettingsError.self) { try Settings(flags: [:], environment: store, file: [:]) }
        #expect(error?.problems.map(\.name) == ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"])
        #expect(error?.description.contains(name) == true)
        let keys = ["AWS_ACCESS_KEY_ID": "hunter1", "AWS_SECRET_ACCESS_KEY": "hunter2"]
        let settings = try Settings(flags: [:], environment: store.merging(keys) { $1 }, file: [:])
        let bucket = name == "TLOG_S3" ? settings.bucket : settings.blobBucket
        #expect(bucket?.address(of: "checkpoint") == "https://minio:9000/bucket/log/checkpoint")
        #expect(!settings.effective.contains { $0.value.contains("hunter") })
    }

    @Test func `take the secret of the object store from a file`() throws {
        let path = FileManager.default.temporaryDirectory.path() + "/secret-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let names = ["BLOBS_S3": "s3://bucket", "AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY_FILE": path]
        for (content, problem) in [
            (nil, "AWS_SECRET_ACCESS_KEY_FILE"), ("", "AWS_SECRET_ACCESS_KEY"), ("hunter2\n", nil),
        ] as [(String?, String?)] {
            if let content { try Data(content.utf8).write(to: URL(filePath: path)) }
            do {
                let settings = try Settings(flags: [:], environment: names, file: [:])
                #expect(problem == nil && settings.awsSecretKey == "hunter2")
                #expect(!settings.effective.contains { $0.value.contains("hunter") })
            } catch { #expect(error.problems.map(\.name).contains(try #require(problem))) }
        }
        // One that is empty, as a deployment without an object store has it, is no problem.
        try Data().write(to: URL(filePath: path))
        _ = try Settings(flags: [:], environment: ["AWS_SECRET_ACCESS_KEY_FILE": path], file: [:])
    }

    @Test(arguments: [
        ("sqlite:///data/x.db", "data/x.db"), ("sqlite:////data/x.db", "/data/x.db"), ("sqlite://./x.db", "./x.db"),
    ])
    func `read database addresses as operators write them`(address: String, path: String) throws {
        let settings = try Settings(flags: [:], environment: ["DATABASE_URL": address], file: [:])
        #expect(settings.sqlitePath == path)
    }

    @Test(arguments: ["A=1\r\nB=2\r\n", "# x\nA=1\nB=2"]) func `in a file may follow a byte order mark`(text: String) {
        #expect(EnvironmentFile.parse("\u{FEFF}" + text) == ["A": "1", "B": "2"])
    }

    @Test func `in a file may be quoted, exported and commented`() {
        let values = EnvironmentFile.parse("# x\nexport A=1\nB=\"two words\"\nC='3' \nD=4 # four\n\nE\n")
        #expect(values == ["A": "1", "B": "two words", "C": "3", "D": "4"])
    }
}
