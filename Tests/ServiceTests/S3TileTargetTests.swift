import Ledger
import Storage
import Testing

@testable import Service

@Suite struct `An S3-compatible tile target` {
    private let tile = TileResource.hashes(.init(level: 0, index: 1_067, width: 17))
    private let bundle = TileResource.entries(.init(level: 0, index: 1_067, width: 2))

    @Test func `keeps what a foreign store was given, and replaces a checkpoint only where the expected one is`()
        async throws
    {
        let store = try ObjectStore()
        let target = try store.target()
        #expect(try await target.get(tile) == nil)
        for bytes in [[1, 2, 3], [UInt8](repeating: 7, count: 70_000), [1, 2, 3]] as [[UInt8]] {
            try await target.put(bytes, at: bundle.with(width: 256))
            #expect(try await target.get(bundle.with(width: 256)) == bytes)
        }
        #expect(try await target.checkpoint() == nil)
        #expect(try await target.replaceCheckpoint("other", with: "first") == nil)
        #expect(try await target.replaceCheckpoint(nil, with: "first") == "first")
        #expect(try await target.replaceCheckpoint(nil, with: "second") == "first")
        #expect(try await target.replaceCheckpoint("first", with: "second") == "second")
        #expect(try await target.checkpoint() == "second")
        for width in [17, 200, 256] { try await target.put([UInt8(width - 1)], at: tile.with(width: width)) }
        try await target.removePartials(of: tile)
        for width in [17, 200] { #expect(try await target.get(tile.with(width: width)) == nil) }
        #expect(try await target.get(tile.with(width: 256)) == [255])
        try await target.removePartials(of: tile)
        // Another prefix of the same bucket is another place.
        #expect(try await store.target(prefix: "").checkpoint() == nil)
    }

    @Test func `lets one of many replace a checkpoint`() async throws {
        let store = try ObjectStore()
        let targets = try (0..<8).map { _ in try store.target() }
        let winners = await withTaskGroup(of: Bool.self) { group in
            for (number, target) in targets.enumerated() {
                group.addTask { (try? await target.replaceCheckpoint(nil, with: "note \(number)")) == "note \(number)" }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(winners == 1)
    }

    @Test func `says what the store answers, and never a secret`() async throws {
        let store = try ObjectStore()
        for (change, code) in [
            ({ $0.awsSecretKey = "not-the-secret" }, "SignatureDoesNotMatch"),
            ({ $0.awsAccessKey = "AKIAUNKNOWN" }, "InvalidAccessKeyId"),
            ({ $0.tlogBucket = "s3://another-bucket/x" }, "403 AccessDenied"),
        ] as [((inout Settings) -> Void, String)] {
            let target = try store.target(change: change)
            let error = await #expect(throws: StorageError(.refused)) { try await target.put([1], at: tile) }
            let text = String(reflecting: error)
            #expect(text.contains(code), "\(text)")
            #expect(!text.contains("not-the-secret") && !text.contains("AKIAUNKNOWN"))
        }
        let nowhere = try store.target { $0.objectStore = "http://127.0.0.1:1" }
        await #expect(throws: StorageError(.unavailable)) { try await nowhere.get(tile) }
    }

    @Test(arguments: [
        (
            "<ListBucketResult><Contents><Key>a/000.p/17</Key></Contents><Contents><Key>a/000.p/255</Key></Contents>",
            [17, 255]
        ),
        ("<Key>a/000.p/0</Key><Key>a/000.p/256</Key><Key>../../x</Key><Key></Key><Key>1", []), ("", []),
        ("<Key>a/12&amp;</Key><Key>3</Key></Key>", [3]),
    ])
    func `takes from a list only widths`(document: String, widths: [Int]) {
        #expect(ObjectListing.widths(in: Array(document.utf8)) == widths)
    }

    @Test(arguments: [
        ("s3://bucket", "bucket", ""), ("s3://bucket/", "bucket", ""),
        ("s3://my.bucket-1/a/b_c~d.e", "my.bucket-1", "a/b_c~d.e/"),
    ])
    func `is named by bucket and prefix`(text: String, name: String, prefix: String) throws {
        let parsed = try #require(Bucket.parse(text))
        #expect(parsed.name == name && parsed.prefix == prefix)
    }

    @Test(arguments: [
        "", "s3:/b", "https://bucket", "s3://", "s3://ab", "s3://Bucket", "s3://bucket//a", "s3://bucket/../a",
        "s3://bucket/a b",
        "s3://bucket/a?b", "s3://user:key@bucket/a", "s3://bucket/\u{E4}", "s3://bucket/%2e",
    ])
    func `has no other names`(text: String) { #expect(Bucket.parse(text) == nil) }
}
