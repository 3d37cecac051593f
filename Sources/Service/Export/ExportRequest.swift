public import Verifier

/// What somebody wants to have exported.
public struct ExportRequest: Sendable, Equatable {
    public var grade = ExportManifest.Grade.complete
    /// The range of indices; up to the end of the released tree when there is no end.
    public var from: UInt64?
    public var to: UInt64?
    /// Times of recording, RFC 3339: at or after `since`, before `until`.
    public var since: String?
    public var until: String?
    public var stream: String?
    public var type: String?
    /// The id of an actor or of a credential.
    public var actor: String?
    /// The id of a patient; stands in the export as the pseudonym only.
    public var patient: String?
    /// A patient's pseudonym.
    public var subject: String?
    /// A model's name, version, or the beginning of its digest; it must mean one.
    public var model: String?
    /// Sizes of checkpoints that the reader holds: the export proves that it continues them.
    public var known: [UInt64] = []
    /// Whether to go beyond what witnesses have cosigned, to the newest released entry.
    public var isNewest = false

    public init() {}
}

/// An export that was written.
public struct ExportView: Codable, Sendable, Equatable {
    public let export: String
    public private(set) var path: String
    public let grade: String
    public let from: UInt64
    public let to: UInt64
    public let size: UInt64
    /// Hex.
    public let root: String
    public let entries: UInt64
    public let matched: UInt64
    public let bytes: Int64
    /// Hex SHA-256 of the manifest.
    public let manifest: String
    /// How many entries were released already that are behind the exported tree.
    public let newer: UInt64

    /// The same at another place.
    func at(_ path: String) -> ExportView {
        var view = self
        view.path = path
        return view
    }
}
