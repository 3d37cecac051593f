import Concurrency
import Storage

extension Application {
    /// Longer than this health does not wait for an object store.
    private static let blobPatience = Duration.seconds(2)

    /// Whether a picture can be kept, without which nothing is predicted.
    func blobCheck() async -> HealthView.Check {
        guard let bucket = settings.blobBucket else { return .init(status: "healthy", message: "in CXRLEDGER_HOME") }
        let (images, canWrite) = (blobs.images, readOnly == nil)
        let answer: Result<Void, StorageError>? = await waiting(atMost: Self.blobPatience) {
            do throws(StorageError) { return .success(try await images.probe(forWriting: canWrite)) } catch {
                return .failure(error)
            }
        }
        switch answer {
        case .success: return .init(status: "healthy", message: "in \(bucket.title)")
        case .failure(let error):
            return .init(status: "unhealthy", message: "\(error.code.rawValue): \(error) No picture is predicted.")
        case nil:
            let error = StorageError(.unavailable)
            return .init(status: "unhealthy", message: "\(error.code.rawValue): \(error) No picture is predicted.")
        }
    }
}
