import Concurrency
import Crypto
public import Imaging
import Inference
import Records

/// Turns pictures into scores.
///
/// Only the command handler has one, so nothing is predicted without being recorded.
struct Predictor: Sendable {
    /// What the model said of one picture.
    struct Answer: Sendable {
        let info: ImageInfo
        let scores: [Float]
        /// How long the engine took; nil when it was not asked, because it had answered for an equal picture.
        let duration: Duration?
    }

    private struct CacheKey: Hashable {
        let image: Digest
        let model: String
        let preprocessing: String
    }

    private static let cacheCapacity = 4_096
    private let library: ModelLibrary
    private let workers: WorkerPool
    private let queue: InferenceQueue
    private let budget: MemoryBudget
    private let limits: ImageLimits
    private let cache: Locked<[CacheKey: [Float]]>?

    init(
        library: ModelLibrary, workers: WorkerPool, queue: InferenceQueue, budget: MemoryBudget, limits: ImageLimits,
        isCaching: Bool
    ) {
        (self.library, self.workers, self.queue, self.budget) = (library, workers, queue, budget)
        self.limits = limits
        cache = isCaching ? Locked([:]) : nil
    }

    /// Scores a picture with a registered model.
    ///
    /// The cache is asked by `digest`, the SHA-256 of the picture, which goes no further; `isFresh` computes the score
    /// whatever the cache holds.
    func score(
        _ image: [UInt8], digest: Digest, model: ModelRegistered, isFresh: Bool = false
    ) async throws(ServiceError) -> Answer {
        let info: ImageInfo
        do { info = try ImageDecoder.inspect(image, limits: limits) } catch { throw ServiceError(error) }
        let key = CacheKey(image: digest, model: model.digest, preprocessing: model.preprocessing.sha256)
        if !isFresh, let known = cache?.withLock({ $0[key] }) {
            return Answer(info: info, scores: known, duration: nil)
        }
        let pipeline = try Pipeline(inputShape: model.inputShape)
        guard pipeline.reference == model.preprocessing else {
            throw ServiceError(
                .unavailable, "preprocessing-differs",
                "This version prepares pictures otherwise than the model was registered with.")
        }
        let limits = limits
        let memory = ImageDecoder.decodingMemory(info, as: pipeline.layout)
        let input = try await budget.with(memory) { () async throws(ServiceError) in
            try await workers.run { () throws(ServiceError) in
                do throws(ImagingError) { return try pipeline.prepare(image, limits: limits) } catch {
                    throw ServiceError(error)
                }
            }
        }
        let (scores, duration) = try await queue.run(input, on: try await library.engine(model.digest))
        cache?.withLock { cache in
            if cache.count >= Self.cacheCapacity { cache.removeAll(keepingCapacity: true) }
            cache[key] = scores
        }
        return Answer(info: info, scores: scores, duration: duration)
    }
}

extension ServiceError {
    /// Why a picture was refused.
    public init(_ error: ImagingError) {
        let kind: Kind =
            switch error.code {
            case .unsupportedType: .unsupportedMedia
            case .tooLarge: .tooLarge
            case .unsupportedVariant, .corrupt, .truncated, .tooSmall, .tooSlow, .outOfMemory: .unprocessable
            }
        self.init(kind, "image-\(error.code.rawValue)", error.description)
    }
}
