import Storage

extension StorageError {
    /// Why a file that an event names cannot be read, and what to do.
    func damage(of file: String) -> ServiceError {
        let state: String? =
            switch code {
            case .missing: "is missing"
            case .corrupt: "is not the one that was written"
            case .unavailable, .refused, .bucketMissing, .full, .incompatible, .schema: nil
            }
        guard let state else { return ServiceError(self) }
        return ServiceError(
            .unavailable, code.rawValue,
            "The file \(file) \(state): copy the one of this name from a backup to its place in CXRLEDGER_HOME or BLOBS_S3.",
            cause: debugDescription)
    }
}
