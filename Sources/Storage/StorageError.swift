/// A failure of a store.
///
/// Branch on `code`, answer with `description`, log `debugDescription`.
public struct StorageError: Error, Equatable, CustomStringConvertible, CustomDebugStringConvertible {
    public enum Code: String, Sendable {
        /// The store cannot be reached or answered with an error; trying again may help.
        case unavailable = "store-unavailable"
        /// An object store does not accept what we ask of it, by this key.
        case refused = "store-refused"
        /// The bucket of a setting is not there.
        case bucketMissing = "store-bucket-missing"
        /// No space is left.
        case full = "store-full"
        /// Stored bytes are not what was written.
        case corrupt = "store-corrupt"
        /// Nothing under this name.
        case missing = "store-missing"
        /// It was written by a newer version, or by another product.
        case incompatible = "store-incompatible"
        /// The database has no tables of ours, or not all of them.
        case schema = "store-schema"
    }

    public let code: Code
    /// What it was about, for the log.
    public let detail: String

    /// What the detail begins with when a server did not let us in; the rest says why, and names no password.
    public static let noConnection = "no connection: "

    public init(_ code: Code, detail: String = "") { (self.code, self.detail) = (code, detail) }

    /// What ended a check of stored bytes: that they could not be read, or else that they are not what was written.
    public init(checking subject: String, _ error: any Error) {
        self = (error as? StorageError) ?? StorageError(.corrupt, detail: "\(subject): \(error)")
    }

    public var description: String {
        switch code {
        case .unavailable: "The store does not answer; see the log of the service, and try again."
        case .refused:
            "The object store refuses our requests: check S3_ENDPOINT, AWS_REGION, AWS_ACCESS_KEY_ID with its secret, and what that key may do."
        case .bucketMissing: "The object store has no such bucket: make it, or name another (BLOBS_S3, TLOG_S3)."
        case .full: "The disk is full; free space, nothing was lost."
        case .corrupt: "Stored bytes are not what was written; run `cxrledger verify` and restore what it names."
        case .missing: "This is not in the store."
        case .incompatible: "The store was written by another version; use that version, or restore from a backup."
        case .schema:
            "The database lacks tables of this version; run `cxrledger migrate` as its owner, or `cxrledger rebuild` when a list is gone."
        }
    }

    public var debugDescription: String { "\(code.rawValue): \(detail)" }
    public static func == (left: Self, right: Self) -> Bool { left.code == right.code }
}
