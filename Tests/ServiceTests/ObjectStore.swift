import Foundation
import Testing

@testable import Service

/// A foreign S3-compatible store that checks every signature, as long as the value lives: moto's server.
final class ObjectStore {
    private struct Place: Decodable {
        let endpoint: String
        let bucket: String
        let keyId: String
        let secret: String
    }

    private let process = Process()
    private let input = Pipe()
    private let place: Place

    var endpoint: String { place.endpoint }

    init(bucket: String = "tlog") throws {
        let judges = Workbench.repository.appending(path: ".build/judges/bin/python3")
        try #require(
            FileManager.default.isExecutableFile(atPath: judges.path()), "run scripts/judges, which installs the store")
        process.executableURL = judges
        process.arguments = [Workbench.repository.appending(path: "Tests/acceptance/object_store.py").path(), bucket]
        let output = Pipe()
        (process.standardInput, process.standardOutput, process.standardError) = (input, output, FileHandle.nullDevice)
        try process.run()
        var line = Data()
        while line.last != 0x0A {
            let byte = try output.fileHandleForReading.read(upToCount: 1) ?? Data()
            try #require(!byte.isEmpty, "the object store did not start")
            line += byte
        }
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        place = try decoder.decode(Place.self, from: line)
    }

    deinit {
        try? input.fileHandleForWriting.close()
        process.waitUntilExit()
    }

    /// What a service is told to keep pictures and models there.
    func keepBlobs(of settings: inout Settings, prefix: String = "cxr/blobs") {
        set(&settings)
        settings.tlogBucket = ""
        settings.blobs = "s3://\(place.bucket)/\(prefix)"
    }

    func blobs(
        folder: String = "images", change: (inout Settings) -> Void = { _ in }
    ) throws -> S3BlobStore {
        var settings = Settings()
        keepBlobs(of: &settings)
        change(&settings)
        return S3BlobStore(try #require(settings.blobBucket), folder: folder)
    }

    /// What a service is told to publish there.
    func set(_ settings: inout Settings, prefix: String = "cxr/log") {
        settings.tlogBucket = "s3://\(place.bucket)/\(prefix)"
        (settings.objectStore, settings.awsRegion) = (place.endpoint, "eu-central-1")
        (settings.awsAccessKey, settings.awsSecretKey) = (place.keyId, place.secret)
    }

    func target(prefix: String = "cxr/log", change: (inout Settings) -> Void = { _ in }) throws -> S3TileTarget {
        var settings = Settings()
        set(&settings, prefix: prefix)
        change(&settings)
        return S3TileTarget(try #require(settings.bucket), timeout: .seconds(10))
    }
}
