import CanonicalJSON
import Crypto

/// The table of contents of a backup: every file with its size and SHA-256, and what a restore must arrive at.
///
/// Layout of a backup folder (docs/formats.md): `manifest.json`, `checkpoint`, `tile/…` and `tile/entries/…` exactly as
/// C2SP tlog-tiles lays them out, `images/aa/<digest>`, `models/aa/<digest>`. The manifest's own digest is in
/// `manifest.sha256`.
struct BackupManifest: Sendable, Equatable {
    struct File: Sendable, Equatable {
        let path: String
        let bytes: Int64
        let sha256: String
    }

    struct Projection: Sendable, Equatable {
        let name: String
        /// Only lists of one version can be compared.
        let version: Int64
        let rows: Int64
        let digest: String
    }

    static let format = "cxrledger-backup/1"
    let origin: String
    let size: UInt64
    let root: String
    let files: [File]
    let projections: [Projection]

    var bytes: [UInt8] {
        JSONValue.object([
            "files": .array(
                files.map {
                    .object(["bytes": .integer($0.bytes), "path": .string($0.path), "sha256": .string($0.sha256)])
                }),
            "format": .string(Self.format), "origin": .string(origin),
            "projections": .array(
                projections.map {
                    .object([
                        "digest": .string($0.digest), "name": .string($0.name), "rows": .integer($0.rows),
                        "version": .integer($0.version),
                    ])
                }), "root": .string(root), "size": .integer(Int64(size)),
        ]).canonicalBytes()
    }

    /// What `manifest.sha256` says.
    var digest: String { SHA256.hash(bytes).hex }

    init(origin: String, size: UInt64, root: String, files: [File], projections: [Projection]) {
        (self.origin, self.size, self.root) = (origin, size, root)
        (self.files, self.projections) = (files, projections)
    }

    /// - Throws: when the bytes are no canonical manifest of this format, or name a path outside the folder.
    init(parsing bytes: [UInt8]) throws(ServiceError) {
        let malformed = ServiceError(.unprocessable, "backup-damaged", "manifest.json is no manifest of a backup.")
        guard let value = try? JSONValue.parse(bytes), value["format"]?.stringValue == Self.format,
            let origin = value["origin"]?.stringValue, let number = value["size"]?.integerValue,
            let size = UInt64(exactly: number), let root = value["root"]?.stringValue,
            let files = value["files"]?.arrayValue, let projections = value["projections"]?.arrayValue
        else { throw malformed }
        (self.origin, self.size, self.root) = (origin, size, root)
        var listed: [File] = []
        for file in files {
            guard let path = file["path"]?.stringValue, let bytes = file["bytes"]?.integerValue,
                let sha256 = file["sha256"]?.stringValue, Self.isInside(path)
            else { throw malformed }
            listed.append(File(path: path, bytes: bytes, sha256: sha256))
        }
        self.files = listed
        var digests: [Projection] = []
        for projection in projections {
            guard let name = projection["name"]?.stringValue, let rows = projection["rows"]?.integerValue,
                let version = projection["version"]?.integerValue, let digest = projection["digest"]?.stringValue
            else { throw malformed }
            digests.append(Projection(name: name, version: version, rows: rows, digest: digest))
        }
        self.projections = digests
    }

    /// Whether a path leads to a place inside the folder, and is spelled as we spell paths.
    ///
    /// Judged by its bytes, as the system reads it: to Swift a slash with an accent on it is no slash.
    private static func isInside(_ path: String) -> Bool {
        path.utf8.allSatisfy { (0x21...0x7E).contains($0) }
            && path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
                .allSatisfy { !$0.allSatisfy { $0 == UInt8(ascii: ".") } }
    }
}
