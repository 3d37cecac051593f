import CanonicalJSON
import Crypto
import Glibc
import Ledger
import Records
import Storage

extension Application {
    /// Writes everything up to the released checkpoint into a new folder, while the service goes on.
    ///
    /// The event that tells of the backup is in it: the lock that survives a last backup stands where that backup ends,
    /// so that the restored log may go on. Keys and wrapped secrets go into a folder of their own beside it; the
    /// checkpoint lock goes into none.
    public func backup(to target: String?, _ context: RequestContext) async throws(ServiceError) -> BackupView {
        try await require(.backupCreate, for: "backup", context)
        do { if let refusal = try await sequencer?.standing() { throw ServiceError(refusal) } } catch {
            throw ServiceError(wrapping: error)
        }
        await stampBeforeBackup(context)
        let covered = try await releasedCheckpoint().checkpoint
        let stamp = now().description.filter { $0.isNumber }.prefix(14)
        let name = "cxrledger-\(stamp)-\(covered.size)-\(Hex.encode(SecureRandom.bytes(2)))"
        let folder = "\(target ?? settings.backups)/\(name)"
        do { return try await write(name, folder, covered: covered, context) } catch {
            for left in [".partial", ".secrets"] { Home.removeFolder(folder + left) }
            // The log may tell of this backup already; it then tells that there is none.
            let event = BackupTaken(name: name, size: 0, root: covered.root.hex, bytes: 0, images: 0)
            _ = try? await note(.backupTaken(event), in: "service", context, .init(.serious, because: error.code))
            throw error
        }
    }

    private func write(
        _ name: String, _ folder: String, covered: Checkpoint, _ context: RequestContext
    ) async throws(ServiceError) -> BackupView {
        let partial = folder + ".partial"
        try SmallFile.makeFolder(partial)
        var copy = LogCopy(writer: BackupWriter(folder: partial))
        try await add(TileCoordinate.all(size: covered.size), keepingUnfinished: false, to: &copy)
        let event = BackupTaken(
            name: name, size: covered.size, root: covered.root.hex, bytes: copy.writer.totalBytes, images: copy.images)
        try await note(.backupTaken(event), in: "service", context)
        // What was appended meanwhile, up to that event at least.
        let (released, checkpoint) = try await releasedCheckpoint()
        try await add(TileCoordinate.all(size: checkpoint.size), keepingUnfinished: true, to: &copy)
        try copy.writer.write(Array(released.utf8), to: "checkpoint")
        let projections = try await backend.fold(Self.projections, of: log, upTo: checkpoint.size, in: partial)
        let manifest = BackupManifest(
            origin: origin, size: checkpoint.size, root: checkpoint.root.hex, files: copy.writer.files,
            projections: projections.map {
                .init(
                    name: $0.projection, version: Int64($0.version), rows: Int64($0.rows), digest: $0.digest.hex)
            })
        try SmallFile.write(manifest.bytes, to: partial + "/manifest.json")
        try SmallFile.write(Array(manifest.digest.utf8), to: partial + "/manifest.sha256")
        let secrets = folder + ".secrets"
        try await copySecrets(of: copy.subjects, to: secrets)
        guard unsafe rename(partial, folder) == 0 else { throw Home.failure("rename", folder) }
        return BackupView(
            name: name, path: folder, secrets: secrets, size: checkpoint.size, root: checkpoint.root.hex,
            bytes: copy.writer.totalBytes, images: Int(copy.images))
    }

    private func releasedCheckpoint() async throws(ServiceError) -> (note: String, checkpoint: Checkpoint) {
        do {
            guard let signed = try await proven.checkpoint() else {
                throw ServiceError(
                    .unavailable, "checkpoint-invalid",
                    "The checkpoint lock holds no note of this log; run `cxrledger verify`.")
            }
            return (signed.note, signed.checkpoint)
        } catch { throw ServiceError(wrapping: error) }
    }

    /// How far the copy of a log has come.
    private struct LogCopy {
        var writer: BackupWriter
        /// Full tiles never change, so each is copied once.
        var full: Set<TileCoordinate> = []
        var files: Set<Digest> = []
        var subjects: Set<String> = []
        var images: Int64 = 0
    }

    /// Copies entries, tiles, and the files that the entries name, as far as they are not copied yet.
    private func add(
        _ tiles: some Collection<TileCoordinate>, keepingUnfinished: Bool, to copy: inout LogCopy
    ) async throws(ServiceError) {
        do {
            for tile in tiles where !copy.full.contains(tile) {
                let isFull = tile.width == HashTile.width
                let (hashes, entries) = try await stored(tile, width: tile.width)
                guard let hashes, hashes.count >= 32 * tile.width else {
                    throw StorageError(.corrupt, detail: tile.path)
                }
                guard tile.level > 0 || entries.count == tile.width else {
                    throw StorageError(.corrupt, detail: tile.entriesPath)
                }
                for entry in entries { try await addFile(of: entry, to: &copy) }
                if isFull { copy.full.insert(tile) }
                guard isFull || keepingUnfinished else { continue }
                try copy.writer.write(Array(hashes.prefix(32 * tile.width)), to: tile.path)
                guard tile.level == 0 else { continue }
                try copy.writer.write(EntryBundle.encode(entries.map(\.bytes)), to: tile.entriesPath)
            }
        } catch { throw ServiceError(wrapping: error) }
    }

    private func addFile(of entry: StoredEntry, to copy: inout LogCopy) async throws {
        let event = try LoggedEvent(entry)
        if case .known(.predictionRecorded(let prediction)) = event.fact { copy.subjects.insert(prediction.subject) }
        guard let (digest, isModel) = event.file, let path = event.backupPath, copy.files.insert(digest).inserted else {
            return
        }
        let bytes: [UInt8]
        do throws(StorageError) { bytes = try await (isModel ? blobs.models : blobs.images).get(digest) } catch {
            throw error.damage(of: path)
        }
        try copy.writer.write(bytes, to: path)
        if !isModel { copy.images += 1 }
        guard case .known(.modelRegistered(let model)) = event.fact,
            let card = try await library.card(model.cardDigest),
            copy.files.insert(SHA256.hash(card)).inserted
        else { return }
        try copy.writer.write(card, to: "models/\(model.cardDigest.prefix(2))/\(model.cardDigest)")
    }

    /// One tile with, at the lowest level, the entries that it hashes.
    private func stored(
        _ tile: TileCoordinate, width: Int
    ) async throws(StorageError) -> (hashes: [UInt8]?, entries: [StoredEntry]) {
        let (level, index) = (tile.level, tile.index)
        let hashes = try await log.read { reader throws(StorageError) in
            try reader.storedTile(level: level, index: index)
        }
        guard level == 0 else { return (hashes, []) }
        let entries = try await log.read { reader throws(StorageError) in
            try reader.entries(from: index << 8, limit: width)
        }
        return (hashes, entries)
    }

    /// Writes keys and wrapped secrets, and their digests as `sha256sum --check` reads them.
    ///
    /// - Throws: `secrets-missing` when a subject has none, of whom such a backup could not be restored.
    private func copySecrets(of subjects: Set<String>, to folder: String) async throws(ServiceError) {
        try SmallFile.makeFolder(folder)
        var files: [(name: String, bytes: [UInt8])] = []
        // A rotation that is under way is waited for; one that was cut off has left its key beside the current one.
        try await home.exclusively { () async throws(ServiceError) in
            for name in RestoredKeys.names + (try home.keyFolder(settings.keyAccess).pendingNames()) {
                if let bytes = try SmallFile.read("\(home.keys)/\(name)") { files.append((name, bytes)) }
            }
        }
        do {
            let records = try await backend.openSecrets(origin: origin).all()
            let missing = subjects.subtracting(records.map(\.subject)).count
            guard missing == 0 else {
                throw ServiceError(
                    .unavailable, "secrets-missing",
                    "The secret store holds no secret of \(missing) subjects: no backup. Run `cxrledger verify`.")
            }
            files.append((RestoredKeys.subjects, SecretsFile.encode(records)))
        } catch { throw ServiceError(wrapping: error) }
        for file in files { try SmallFile.write(file.bytes, to: "\(folder)/\(file.name)") }
        let sums = files.map { "\(SHA256.hash($0.bytes).hex)  \($0.name)\n" }.joined()
        try SmallFile.write(Array(sums.utf8), to: "\(folder)/\(RestoredKeys.sums)")
    }
}

extension LoggedEvent {
    /// The file that an event names: a sealed picture or a model.
    var file: (digest: Digest, isModel: Bool)? {
        switch fact {
        case .known(.predictionRecorded(let event)): Digest(hex: event.image.blob).map { ($0, false) }
        case .known(.modelRegistered(let event)): Digest(hex: event.digest).map { ($0, true) }
        case .known, .unknown: nil
        }
    }

    /// Where a backup keeps that file.
    var backupPath: String? {
        file.map { digest, isModel in
            "\(isModel ? "models" : "images")/\(digest.hex.prefix(2))/\(digest.hex)"
        }
    }
}
