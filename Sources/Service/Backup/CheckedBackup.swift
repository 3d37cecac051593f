import Crypto
import Ledger
import Storage

/// A backup of which every byte was checked: the manifest, each file's digest, every entry, and the root.
struct CheckedBackup {
    let folder: String
    let manifest: BackupManifest
    let note: String
    let root: Ed25519.PublicKey
    let checkpointKey: VerifierKey
    private let byPath: [String: BackupManifest.File]

    init(folder: String, root: Ed25519.PublicKey, origin: String) throws(ServiceError) {
        (self.folder, self.root) = (folder, root)
        let bytes = try Self.bytes("\(folder)/manifest.json")
        guard let digest = try SmallFile.read("\(folder)/manifest.sha256", limit: 4_096),
            String(decoding: digest, as: UTF8.self) == SHA256.hash(bytes).hex
        else { throw Self.damaged("manifest.json", "is not the one that was written") }
        manifest = try BackupManifest(parsing: bytes)
        guard manifest.origin == origin else { throw Self.damaged("manifest.json", "is of another log than the keys") }
        byPath = Dictionary(manifest.files.map { ($0.path, $0) }) { $1 }
        var auditor = LogAuditor(pinnedRoot: root, origin: origin)
        for file in manifest.files { _ = try Self.read(file, in: folder) }
        for tile in TileCoordinate.all(size: manifest.size) {
            guard let file = byPath[tile.path] else { throw Self.damaged(tile.path, "is missing") }
            guard tile.level == 0 else { continue }
            guard let bundle = byPath[tile.entriesPath],
                let entries = EntryBundle.decode(try Self.read(bundle, in: folder)),
                entries.count == tile.width
            else { throw Self.damaged(tile.entriesPath, "holds no entries") }
            do { _ = try auditor.check(entries) } catch {
                throw Self.damaged(tile.entriesPath, "entry \(error.index): \(error.sentence)")
            }
            let hashes = entries.flatMap { Entry.hash($0).bytes }
            guard try Self.read(file, in: folder) == hashes else {
                throw Self.damaged(tile.path, "is not the hashes of its entries")
            }
        }
        note = String(decoding: try Self.bytes("\(folder)/checkpoint"), as: UTF8.self)
        guard let key = auditor.checkpointKey.map({ VerifierKey(name: origin, key: $0) }), byPath["checkpoint"] != nil,
            let checkpoint = try? Checkpoint(note: note, signedBy: [key]),
            checkpoint.size == manifest.size, checkpoint.root.hex == manifest.root, auditor.edge.root == checkpoint.root
        else { throw Self.damaged("checkpoint", "is not signed over these entries") }
        checkpointKey = key
    }

    func read(_ file: BackupManifest.File) throws(ServiceError) -> [UInt8] { try Self.read(file, in: folder) }

    func entries(of tile: TileCoordinate) throws(ServiceError) -> [[UInt8]] {
        guard let file = byPath[tile.entriesPath], let entries = EntryBundle.decode(try read(file)) else {
            throw Self.damaged(tile.entriesPath, "holds no entries")
        }
        return entries
    }

    private static func read(_ file: BackupManifest.File, in folder: String) throws(ServiceError) -> [UInt8] {
        let bytes = try bytes("\(folder)/\(file.path)")
        guard Int64(bytes.count) == file.bytes, SHA256.hash(bytes).hex == file.sha256 else {
            throw damaged(file.path, "is not the one that was written")
        }
        return bytes
    }

    private static func bytes(_ path: String) throws(ServiceError) -> [UInt8] {
        guard let bytes = try SmallFile.read(path) else { throw damaged(path, "is missing") }
        return bytes
    }

    private static func damaged(_ file: String, _ what: String) -> ServiceError {
        ServiceError(.unprocessable, "backup-damaged", "\(file) \(what); nothing was restored. Use another backup.")
    }
}
