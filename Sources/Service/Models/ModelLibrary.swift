import Concurrency
import Crypto
import Inference
import Records
import Storage

/// The model files by digest, and the engines that were made from them.
///
/// Only the predictor asks for an engine; nothing else in the product may compute a score.
struct ModelLibrary: Sendable {
    private let blobs: any BlobStore
    private let engines = Locked<[String: InferenceEngine]>([:])
    /// How many engines are kept: the active model, and those that a roll-back or a reproduction may ask for.
    private static let kept = 4

    init(blobs: any BlobStore) { self.blobs = blobs }

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

    /// Keeps a model file under its digest.
    func keep(_ archive: [UInt8]) throws(ServiceError) {
        do { _ = try blobs.put(archive) } catch { throw ServiceError(error) }
    }

    /// The bytes of a registered model, checked against its digest.
    func archive(_ digest: String) throws(ServiceError) -> [UInt8] {
        guard let name = Digest(hex: digest) else { throw ServiceError(Rejection.modelUnknown) }
        do { return try blobs.get(name) } catch {
            throw ServiceError(
                .unavailable, error.code == .missing ? "model-missing" : "model-integrity-failed",
                "The file of model \(digest.prefix(12)) is \(error.code == .missing ? "missing" : "not the one that was registered")."
            )
        }
    }

    /// The layers of a registered model.
    func layers(_ digest: String) throws(ServiceError) -> [LayerSummary] { try model(digest).layers }

    /// The engine of a registered model, made when it is first asked for.
    func engine(_ digest: String) throws(ServiceError) -> InferenceEngine {
        if let known = engines.withLock({ $0[digest] }) { return known }
        let engine: InferenceEngine
        do { engine = try InferenceEngine(model: try model(digest), threads: 1) } catch let error as InferenceError {
            throw ServiceError(.unavailable, "model-\(error.code.rawValue)", error.description)
        } catch let error as ServiceError { throw error } catch {
            throw ServiceError(.unavailable, "model-unusable", "The model cannot be run.")
        }
        return engines.withLock { engines in
            if let known = engines[digest] { return known }
            if engines.count >= Self.kept, let victim = engines.keys.first { engines[victim] = nil }
            engines[digest] = engine
            return engine
        }
    }

    private func model(_ digest: String) throws(ServiceError) -> KerasModel {
        let archive = try archive(digest)
        do { return try KerasModel(archive: archive) } catch {
            throw ServiceError(.unavailable, "model-\(error.code.rawValue)", error.description)
        }
    }
}
