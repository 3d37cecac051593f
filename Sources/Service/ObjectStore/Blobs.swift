import Storage

/// Where sealed pictures and models are kept: in the home, or in the bucket of `BLOBS_S3`.
struct Blobs: Sendable {
    let images: any BlobStore
    let models: any BlobStore

    init(_ settings: Settings) {
        if let bucket = settings.blobBucket {
            images = S3BlobStore(bucket, folder: "images")
            models = S3BlobStore(bucket, folder: "models")
        } else {
            let home = Home(settings.home)
            (images, models) = (FileBlobStore(folder: home.images), FileBlobStore(folder: home.models))
        }
    }
}

extension Settings {
    /// Why the bucket of `BLOBS_S3` cannot be used; nil when it can, or when none is named.
    ///
    /// Nothing is changed there.
    public func blobProblem() async -> ServiceError? {
        do throws(StorageError) {
            try await Blobs(self).images.probe(forWriting: false)
            return nil
        } catch { return ServiceError(error) }
    }
}
