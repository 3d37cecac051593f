import Concurrency
import Crypto
import Storage

extension Application {
    /// Longer than this health does not wait for an object store.
    private static let blobPatience = Duration.seconds(2)
    /// For so long an answer counts: health needs no key, and each question costs a request.
    private static let blobFreshness = Duration.seconds(1)
    /// For so long a store that was full counts as full.
    private static let blobMemory = Duration.seconds(10)

    /// Whether a picture can be kept, without which nothing is predicted.
    func blobCheck() async -> HealthView.Check {
        guard settings.blobBucket != nil else { return .init(status: "healthy", message: "in CXRLEDGER_HOME") }
        let now = ContinuousClock.now
        let answer = blobStanding.withLock { standing -> Task<HealthView.Check, Never> in
            if let full = standing.full, now - full.at < Self.blobMemory { return Task { Self.unhealthy(full.error) } }
            if let asked = standing.asked, now - asked.at < Self.blobFreshness { return asked.answer }
            let answer = Task {
                let answer = await probe()
                if answer.status != "healthy" { blobStanding.withLock { $0.asked = nil } }
                return answer
            }
            standing.asked = (now, answer)
            return answer
        }
        return await answer.value
    }

    /// Keeps a picture; health remembers whether that was possible.
    func keep(_ picture: [UInt8]) async throws(StorageError) -> Digest {
        do throws(StorageError) {
            let name = try await blobs.images.put(picture)
            blobStanding.withLock { $0.full = nil }
            return name
        } catch {
            blobStanding.withLock { $0 = BlobStanding(full: error.code == .full ? (.now, error) : nil) }
            throw error
        }
    }

    private func probe() async -> HealthView.Check {
        let (images, canWrite) = (blobs.images, readOnly == nil)
        let answer: Result<Void, StorageError>? = await waiting(atMost: Self.blobPatience) {
            do throws(StorageError) { return .success(try await images.probe(forWriting: canWrite)) } catch {
                return .failure(error)
            }
        }
        return switch answer {
        case .success: .init(status: "healthy", message: "in the object store of BLOBS_S3")
        case .failure(let error): Self.unhealthy(error)
        case nil: Self.unhealthy(StorageError(.unavailable))
        }
    }

    private static func unhealthy(_ error: StorageError) -> HealthView.Check {
        .init(status: "unhealthy", message: "\(error.code.rawValue): \(error) No picture is predicted.")
    }
}
