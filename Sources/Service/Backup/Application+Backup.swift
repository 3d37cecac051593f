import CanonicalJSON
import Crypto
import Glibc
import Ledger
import Records
import Storage

extension Application {
    /// Writes everything up to the released checkpoint into a new folder, while the service goes on.
    ///
    /// Keys and wrapped secrets go into a folder of their own beside it; the checkpoint lock goes into none.
    public func backup(to target: String?, _ context: RequestContext) async throws(ServiceError) -> BackupView {
        try await require(.backupCreate, for: "backup", context)
        let released = try currentCheckpoint()
        let checkpoint: Checkpoint
        do { checkpoint = try Checkpoint(note: released, signedBy: [try await certifiedKeys().checkpoint]) } catch {
            throw ServiceError(
                .unavailable, "checkpoint-invalid",
                "The checkpoint lock holds no note of this log; run `cxrledger verify`.")
        }
        let stamp = now().description.filter { $0.isNumber }.prefix(14)
        let name = "cxrledger-\(stamp)-\(checkpoint.size)-\(Hex.encode(SecureRandom.bytes(2)))"
        let folder = "\(target ?? settings.backups)/\(name)"
        let partial = folder + ".partial"
        try Home.makeFolder(partial)
        var writer = BackupWriter(folder: partial)
        let blobs = try await copyLog(checkpoint, to: &writer)
        for (digest, isModel) in blobs {
            let bytes: [UInt8]
            do { bytes = try (isModel ? modelFiles : images).get(digest) } catch { throw ServiceError(wrapping: error) }
            try writer.write(bytes, to: "\(isModel ? "models" : "images")/\(digest.hex.prefix(2))/\(digest.hex)")
        }
        try writer.write(Array(released.utf8), to: "checkpoint")
        let projections = try await projectionDigests(upTo: checkpoint.size, scratch: partial + "/.scratch")
        let manifest = BackupManifest(
            origin: origin, size: checkpoint.size, root: checkpoint.root.hex, files: writer.files,
            projections: projections)
        try SmallFile.write(manifest.bytes, to: partial + "/manifest.json")
        try SmallFile.write(Array(SHA256.hash(manifest.bytes).hex.utf8), to: partial + "/manifest.sha256")
        let secrets = folder + ".secrets"
        try await copySecrets(to: secrets)
        guard unsafe rename(partial, folder) == 0 else { throw Home.failure("rename", folder) }
        let event = BackupTaken(
            name: name, size: checkpoint.size, root: checkpoint.root.hex, bytes: writer.totalBytes,
            images: Int64(blobs.count { !$0.isModel }))
        try await note(.backupTaken(event), in: "service", context)
        return BackupView(
            name: name, path: folder, secrets: secrets, size: checkpoint.size, root: checkpoint.root.hex,
            bytes: writer.totalBytes, images: blobs.count { !$0.isModel })
    }

    /// Copies entries and tiles, and answers with the files that the entries name.
    private func copyLog(
        _ checkpoint: Checkpoint, to writer: inout BackupWriter
    ) async throws(ServiceError) -> [(digest: Digest, isModel: Bool)] {
        var blobs: [(digest: Digest, isModel: Bool)] = []
        var seen: Set<Digest> = []
        do {
            for tile in TileCoordinate.all(size: checkpoint.size) {
                let width = tile.width
                let (hashes, entries) = try await stored(tile, width: width)
                guard let hashes, hashes.count >= 32 * width else { throw StorageError(.corrupt, detail: tile.path) }
                try writer.write(Array(hashes.prefix(32 * width)), to: tile.path)
                guard tile.level == 0 else { continue }
                guard entries.count == width else { throw StorageError(.corrupt, detail: tile.entriesPath) }
                try writer.write(EntryBundle.encode(entries.map(\.bytes)), to: tile.entriesPath)
                for entry in entries {
                    guard let (digest, isModel) = try LoggedEvent(entry).file, seen.insert(digest).inserted else {
                        continue
                    }
                    blobs.append((digest, isModel))
                }
            }
        } catch { throw ServiceError(wrapping: error) }
        return blobs
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

    /// Folds the log up to a size into tables of its own, whose digests a restore must arrive at.
    private func projectionDigests(
        upTo size: UInt64, scratch: String
    ) async throws(ServiceError) -> [BackupManifest.Projection] {
        try Home.makeFolder(scratch)
        defer { Home.removeFolder(scratch) }
        do {
            let tables = try backend.openScratchProjections(origin: origin, folder: scratch)
            let runner = ProjectionRunner(
                log: PrefixLog(log, size: size), store: tables, projections: Self.projections)
            try await runner.catchUp()
            return try await runner.digests().map {
                .init(name: $0.projection, rows: Int64($0.rows), digest: $0.digest.hex)
            }
        } catch { throw ServiceError(wrapping: error) }
    }

    private func copySecrets(to folder: String) async throws(ServiceError) {
        try Home.makeFolder(folder)
        for name in ["origin", "root.pub", "event.key", "checkpoint.key", "wrapping.key", "root.key"] {
            guard let bytes = try SmallFile.read("\(home.keys)/\(name)") else { continue }
            try SmallFile.write(bytes, to: "\(folder)/\(name)")
        }
        do {
            let records = try await backend.openSecrets(origin: origin).all()
            let bytes = SecretsFile.encode(records)
            try SmallFile.write(bytes, to: folder + "/subjects.jsonl")
            try SmallFile.write(Array(SHA256.hash(bytes).hex.utf8), to: folder + "/subjects.sha256")
        } catch { throw ServiceError(wrapping: error) }
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
}
