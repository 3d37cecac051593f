import Concurrency
import Crypto
import Inference
import Records
import Storage

/// The model files by digest, and the engines that were made from them.
///
/// Only the predictor asks for an engine; nothing else in the product may compute a score.
struct ModelLibrary: Sendable {
    private typealias Making = Task<Result<InferenceEngine, ServiceError>, Never>

    private struct Shelf {
        /// By digest, the one that was asked for last at the end.
        var engines: [(digest: String, engine: InferenceEngine)] = []
        /// Those that are being made; whoever asks for one meanwhile waits for it.
        var making: [String: Making] = [:]

        mutating func engine(_ digest: String) -> InferenceEngine? {
            guard let place = engines.firstIndex(where: { $0.digest == digest }) else { return nil }
            engines.append(engines.remove(at: place))
            return engines.last?.engine
        }
    }

    private let blobs: any BlobStore
    private let workers: WorkerPool
    private let shelf = Locked(Shelf())
    /// How many engines are kept: the active model, and those that a roll-back or a reproduction may ask for.
    private static let kept = 4

    init(blobs: any BlobStore, workers: WorkerPool) { (self.blobs, self.workers) = (blobs, workers) }

    /// Reads a model file and describes it as its registration will.
    func examine(_ archive: [UInt8], card: [UInt8]?, fileName: String) throws(ServiceError) -> ModelRegistered {
        let model: KerasModel
        do { model = try KerasModel(archive: archive) } catch {
            throw ServiceError(.unprocessable, "model-\(error.code.rawValue)", error.description)
        }
        let card =
            if let card {
                try ModelCard(card, inputShape: model.inputShape, outputs: model.outputWidth)
            } else {
                try ModelCard.standIn(fileName: fileName, inputShape: model.inputShape, outputs: model.outputWidth)
            }
        let digest = SHA256.hash(archive).hex
        if let expected = card.sha256, expected != digest {
            throw ServiceError(
                .unprocessable, "model-digest-mismatch",
                "The card was written for the file \(expected), this one is \(digest).")
        }
        return ModelRegistered(
            digest: digest, md5: MD5.hash(archive), bytes: Int64(archive.count), name: card.name, version: card.version,
            fileName: fileName.split(separator: "/").last.map(String.init) ?? fileName, inputShape: model.inputShape,
            parameters: Int64(model.parameterCount), classes: card.classes, threshold: card.threshold,
            preprocessing: card.pipeline.reference, limits: card.limits, cardDigest: card.digest.hex)
    }

    /// Keeps a model file, and the card that it came with, under their digests.
    func keep(_ archive: [UInt8], card: [UInt8]?) async throws(ServiceError) {
        do {
            _ = try await blobs.put(archive)
            if let card { _ = try await blobs.put(card) }
        } catch { throw ServiceError(error) }
    }

    /// A card by its digest; nil when it is not here as it was, since what it says is in the registration too.
    func card(_ digest: String) async throws(ServiceError) -> [UInt8]? {
        guard let name = Digest(hex: digest) else { return nil }
        do { return try await blobs.get(name) } catch {
            guard error.code == .missing || error.code == .corrupt else { throw ServiceError(error) }
            return nil
        }
    }

    /// The bytes of a registered model, checked against its digest.
    func archive(_ digest: String) async throws(ServiceError) -> [UInt8] {
        guard let name = Digest(hex: digest) else { throw ServiceError(Rejection.modelUnknown) }
        do { return try await blobs.get(name) } catch {
            // A store that does not answer says nothing of the file.
            guard error.code == .missing || error.code == .corrupt else { throw ServiceError(error) }
            throw ServiceError(
                .unavailable, error.code == .missing ? "model-missing" : "model-integrity-failed",
                "The file of model \(digest.prefix(12)) is \(error.code == .missing ? "missing" : "not the one that was registered")."
            )
        }
    }

    /// The layers of a registered model.
    func layers(_ digest: String) async throws(ServiceError) -> [LayerSummary] {
        let archive = try await archive(digest)
        return try await workers.run { () throws(ServiceError) in try Self.model(archive).layers }
    }

    /// The engine of a registered model, made by a worker when it is first asked for.
    func engine(_ digest: String) async throws(ServiceError) -> InferenceEngine {
        let making: Making? = shelf.withLock { shelf in
            if shelf.engine(digest) != nil { return nil }
            if let making = shelf.making[digest] { return making }
            let making = Making { await make(digest) }
            shelf.making[digest] = making
            return making
        }
        if let engine = shelf.withLock({ $0.engine(digest) }) { return engine }
        guard let making else { return try await engine(digest) }  // evicted between the two looks
        return try await making.value.get()
    }

    private func make(_ digest: String) async -> Result<InferenceEngine, ServiceError> {
        let result: Result<InferenceEngine, ServiceError>
        do throws(ServiceError) {
            let archive = try await archive(digest)
            result = .success(try await workers.run { () throws(ServiceError) in try Self.load(archive) })
        } catch { result = .failure(error) }
        shelf.withLock { shelf in
            shelf.making[digest] = nil
            guard case .success(let engine) = result else { return }
            shelf.engines.append((digest, engine))
            if shelf.engines.count > Self.kept { shelf.engines.removeFirst() }
        }
        return result
    }

    private static func load(_ archive: [UInt8]) throws(ServiceError) -> InferenceEngine {
        let model = try model(archive)
        do { return try InferenceEngine(model: model, threads: 1) } catch {
            throw ServiceError(.unavailable, "model-\(error.code.rawValue)", error.description)
        }
    }

    private static func model(_ archive: [UInt8]) throws(ServiceError) -> KerasModel {
        do { return try KerasModel(archive: archive) } catch {
            throw ServiceError(.unavailable, "model-\(error.code.rawValue)", error.description)
        }
    }
}
