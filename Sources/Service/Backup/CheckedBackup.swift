import Crypto
import Ledger
import Records
import Storage

/// A backup of which every byte was checked: the manifest, each file's digest, every entry, every tile, the root, and that
/// each picture and model which an entry names is there.
struct CheckedBackup {
    let folder: String
    let manifest: BackupManifest
    let note: String
    let root: Ed25519.PublicKey
    /// The keys as they are at its end.
    let keys: CertifiedKeys
    /// The hash of the first entry.
    let genesis: Digest
    /// Those whose secrets must be there.
    let subjects: Set<String>
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
        for file in manifest.files { _ = try Self.read(file, in: folder) }
        var check = Check(auditor: LogAuditor(pinnedRoot: root, origin: origin), folder: folder, files: byPath)
        for tile in TileCoordinate.all(size: manifest.size) where tile.level == 0 { try check.entries(of: tile) }
        try check.finish(size: manifest.size)
        note = String(decoding: try Self.bytes("\(folder)/checkpoint"), as: UTF8.self)
        let auditor = check.auditor
        guard let key = auditor.checkpointKey.map({ VerifierKey(name: origin, key: $0) }), byPath["checkpoint"] != nil,
            let checkpoint = try? Checkpoint(note: note, signedBy: [key]), let genesis = auditor.root(at: 1),
            checkpoint.size == manifest.size, checkpoint.root.hex == manifest.root, auditor.edge.root == checkpoint.root
        else { throw Self.damaged("checkpoint", "is not signed over these entries") }
        (keys, self.genesis, subjects) = (auditor.keys, genesis, check.subjects)
    }

    /// The entries and tiles, bundle by bundle.
    private struct Check {
        var auditor: LogAuditor
        let folder: String
        let files: [String: BackupManifest.File]
        var subjects: Set<String> = []

        mutating func entries(of tile: TileCoordinate) throws(ServiceError) {
            guard let file = files[tile.entriesPath] else { throw damaged(tile.entriesPath, "is missing") }
            guard let entries = EntryBundle.decode(try read(file, in: folder)), entries.count == tile.width else {
                throw damaged(tile.entriesPath, "holds no entries")
            }
            do {
                let (envelopes, tiles) = try auditor.check(entries)
                for (entry, envelope) in zip(entries, envelopes) { try look(at: entry, envelope, tile) }
                for tile in tiles where tile.hashes.count == HashTile.width { try compare(tile) }
            } catch let finding as LedgerFinding {
                throw damaged(tile.entriesPath, "entry \(finding.index): \(finding.sentence)")
            } catch { throw ServiceError(wrapping: error) }
        }

        mutating func finish(size: UInt64) throws(ServiceError) {
            guard auditor.size == size else { throw damaged("manifest.json", "tells of more entries than there are") }
            for tile in auditor.frontier.partial { try compare(tile) }
        }

        /// Remembers whose secret is needed, and finds the file that the event names.
        private mutating func look(
            at entry: [UInt8], _ envelope: Envelope, _ tile: TileCoordinate
        ) throws(ServiceError) {
            guard let event = try? LoggedEvent(entry, envelope, at: 0) else {
                throw damaged(tile.entriesPath, "holds an event without its fields")
            }
            if case .known(.predictionRecorded(let prediction)) = event.fact { subjects.insert(prediction.subject) }
            guard let path = event.backupPath, files[path] == nil else { return }
            throw damaged(path, "is missing")
        }

        private func compare(_ tile: HashTile) throws(ServiceError) {
            let path = tile.coordinate.path
            guard let file = files[path] else { throw damaged(path, "is missing") }
            guard try read(file, in: folder) == tile.bytes else {
                throw damaged(path, "is not the hashes of its entries")
            }
        }
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
