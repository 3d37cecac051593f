import Crypto
import Glibc
import Imaging
import Inference
import Storage

/// What one prediction is made of, on one thread, over the sample pictures: medians of whole passes.
struct PredictionBenchmark {
    private let folder: String
    private let rounds: Int

    init(_ options: Options) { (folder, rounds) = (options.folder, options.rounds) }

    func run() async throws {
        let engine = try InferenceEngine(
            model: try KerasModel(archive: try Self.read("saved_models/pneumonia_cnn_v1.keras")), threads: 1)
        let pictures = try Self.pictures()
        let scratch = try ScratchFolder(in: folder, "blobs")
        var times: [[Double]] = []
        for round in 0..<rounds {
            let store = FileBlobStore(folder: "\(scratch.path)/\(round)")
            times.append(try await Self.pass(pictures, engine, store))
        }
        let names = ["decode and resize", "inference", "hash, seal and commit", "blob, durable"]
        let medians = names.indices.map { part in median(times.map { $0[part] }) / Double(pictures.count) * 1_000 }
        for (name, time) in zip(names, medians) { report(name, "\(decimal(time, 2)) ms") }
        // `scripts/bench` reads this line.
        report("decode + inference", decimal(medians[0] + medians[1], 2))
    }

    /// The seconds that each part takes for all pictures.
    private static func pass(
        _ pictures: [[UInt8]], _ engine: InferenceEngine, _ store: FileBlobStore
    ) async throws -> [Double] {
        var inputs: [[Float]] = []
        let decoding = try seconds {
            for picture in pictures {
                inputs.append(
                    try ImageDecoder.decodeResized(picture, as: .luminance, width: 160, height: 160).unitScaled())
            }
        }
        let inference = try seconds { for input in inputs { keep(try engine.run([input])) } }
        var sealed: [[UInt8]] = []
        let sealing = seconds {
            let key = SecureRandom.secret(32)
            for picture in pictures {
                keep(SHA256.hash(picture))
                keep(HMACSHA256.authenticate(picture, key: key))
                sealed.append(AESGCM.seal(picture, key: key))
            }
        }
        let writing = try await seconds { for blob in sealed { keep(try await store.put(blob)) } }
        return [decoding, inference, sealing, writing]
    }

    /// The sample pictures, as many of each kind.
    private static func pictures() throws -> [[UInt8]] {
        let root = "Tests/Fixtures/samples"
        return try ["NORMAL", "PNEUMONIA"].flatMap { kind in
            try files(in: "\(root)/\(kind)").sorted().map { try read("\(root)/\(kind)/\($0)") }
        }
    }

    private static func files(in folder: String) throws -> [String] {
        guard let handle = unsafe opendir(folder) else { throw BenchmarkError("run from the repository: no \(folder)") }
        defer { unsafe closedir(handle) }
        var names: [String] = []
        while let entry = unsafe readdir(handle) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
                unsafe $0.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
            }
            if name.hasSuffix(".jpeg") { names.append(name) }
        }
        return names
    }

    private static func read(_ path: String) throws -> [UInt8] {
        guard let file = unsafe fopen(path, "rb") else { throw BenchmarkError("run from the repository: no \(path)") }
        defer { unsafe fclose(file) }
        unsafe fseek(file, 0, SEEK_END)
        let size = unsafe ftell(file)
        unsafe rewind(file)
        return unsafe [UInt8](unsafeUninitializedCapacity: size) { unsafe $1 = fread($0.baseAddress, 1, size, file) }
    }
}
