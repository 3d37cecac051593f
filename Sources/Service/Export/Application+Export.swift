import Crypto
import Glibc
import Ledger
import Records
import Storage
import Verifier

extension Application {
    /// Writes a part of the log, with everything that proves it, into a new folder in `target`.
    ///
    /// The folder has the export's id as its name once it is whole; until then `.partial` follows, and
    /// `resumeExport(in:_:progress:)` goes on where an interrupted one ended. The event that tells of the export is
    /// recorded before the folder gets its name.
    public func export(
        _ request: ExportRequest, into target: String, _ context: RequestContext,
        progress: @escaping @Sendable (UInt64, UInt64) -> Void = { _, _ in }
    ) async throws(ServiceError) -> ExportView {
        try await require(.exportCreate, for: "export", context)
        try requireWritable()
        let (state, folder) = try await prepareExport(request, into: target, context)
        do { return try await writeExport(state, folder, context, progress) } catch {
            throw ServiceError(
                error.kind, error.code,
                "\(error.detail) What was written stays in \(folder), to go on with (--resume).",
                cause: error.cause)
        }
    }

    /// Decides what an export will hold, and makes its folder.
    func prepareExport(
        _ request: ExportRequest, into target: String, _ context: RequestContext
    ) async throws(ServiceError) -> (state: ExportState, folder: String) {
        let plan = try await exportPlan(request, context)
        let folder = "\(target)/\(plan.export).partial"
        try SmallFile.makeFolder(folder)
        let followsStream = plan.grade == .authentic && plan.filter.stream != nil
        let state = ExportState(plan: plan, progress: ExportProgress(next: followsStream ? 0 : plan.range.lowerBound))
        do { try SmallFile.write(state.bytes, to: "\(folder)/\(ExportState.name)") } catch {
            unsafe rmdir(folder)  // nothing could go on there
            throw error
        }
        return (state, folder)
    }

    /// Goes on with an export that was interrupted: `folder` is its `.partial` folder.
    public func resumeExport(
        in folder: String, _ context: RequestContext,
        progress: @escaping @Sendable (UInt64, UInt64) -> Void = { _, _ in }
    ) async throws(ServiceError) -> ExportView {
        try await require(.exportCreate, for: "export", context)
        try requireWritable()
        guard folder.hasSuffix(".partial"),
            let bytes = try SmallFile.read("\(folder)/\(ExportState.name)", limit: 1 << 20),
            let state = ExportState(parsing: bytes), folder.hasSuffix("\(state.plan.export).partial")
        else {
            throw ServiceError(
                .invalid, "export-state",
                "\(folder) is no export that could go on: it ends in .partial and holds \(ExportState.name).")
        }
        return try await writeExport(state, folder, context, progress)
    }

    /// Writes an export from where its state stands.
    func writeExport(
        _ state: ExportState, _ folder: String, _ context: RequestContext,
        _ progress: @escaping @Sendable (UInt64, UInt64) -> Void
    ) async throws(ServiceError) -> ExportView {
        guard let lock = try ExportLock(folder) else {
            throw Self.exportElsewhere
        }
        defer { lock.release() }
        do {
            // What a write left that was cut off; a file that no manifest lists would make the export be refused.
            for name in try DurableFile.names(in: folder) where name.hasPrefix(".") {
                unsafe unlink("\(folder)/\(name)")
            }
            var writer = try await ExportWriter(state, of: log, in: folder)
            try await writer.run(progress)
            let manifest = try await manifest(of: writer, in: folder)
            try await tell(of: manifest, writer, in: folder, context)
            for name in ExportWriter.temporary { unsafe unlink("\(folder)/\(name)") }
            try DurableFile.synchronise(folder: folder)
            let path = String(folder.dropLast(".partial".count))
            guard unsafe rename(folder, path) == 0 else { throw Home.failure("rename", path) }
            try DurableFile.synchronise(folder: DurableFile.folder(of: path))
            return ExportView(
                export: manifest.export, path: path, grade: manifest.grade.rawValue, from: manifest.from,
                to: manifest.to, size: manifest.size, root: manifest.root.hex, entries: manifest.entries,
                matched: manifest.matched, bytes: manifest.files.reduce(0) { $0 + $1.bytes },
                manifest: SHA256.hash(manifest.bytes).hex, newer: await newerEntries(than: manifest.size))
        } catch is CancellationError {
            throw Self.exportStopped
        } catch { throw ServiceError(wrapping: error) }
    }

    static let exportElsewhere = ServiceError(
        .conflict, "export-busy", "The export is being written by another process.")

    static let exportStopped = ServiceError(
        .unavailable, "export-stopped", "The export was stopped; it can go on later.")

    /// Writes what is not one line an entry, then the manifest and its signature.
    private func manifest(of writer: ExportWriter, in folder: String) async throws -> ExportManifest {
        let plan = writer.plan
        let endRoot = plan.grade == .complete ? writer.endRoot : nil
        let control = control
        let size = try Checkpoint(note: plan.checkpoint).size
        let keys = try await log.read { reader throws(StorageError) in try control.keys(reading: reader) }
        guard let key = keys.verifierKey(of: origin, size: size) else { throw StorageError(.corrupt, detail: "no key") }
        let policy = try exportPolicy(key)
        let parts = try await log.read { reader throws(StorageError) in
            do { return try ExportParts(plan, endRoot: endRoot, policy: policy, reader) } catch {
                throw StorageError(checking: "export", error)
            }
        }
        var manifest = ExportManifest(
            export: plan.export, grade: plan.grade, origin: origin, rootKey: ring.root, size: parts.checkpoint.size,
            root: parts.checkpoint.root, range: plan.range, filters: plan.filter, entries: writer.progress.entries,
            matched: writer.progress.matched, createdAt: plan.createdAt, program: Self.version)
        var files = try writer.finish(head: ReportPage.head(manifest))
        for (name, bytes) in parts.files {
            try DurableFile.write(bytes, to: "\(folder)/\(name)")
            files.append(.init(path: name, bytes: Int64(bytes.count), sha256: SHA256.hash(bytes)))
        }
        manifest.files = files.sorted { $0.path < $1.path }
        guard let key = signingKeys?.signer(.event, at: manifest.size, in: keys),
            keys.signsManifests(key.publicKey, size: manifest.size)
        else {
            throw ServiceError(
                .unavailable, "export-keys", "The log's keys changed while the export was written; start it anew.")
        }
        let bytes = manifest.bytes
        let signature = ManifestSignature(
            keyID: key.publicKey.keyID, signature: try key.sign(ManifestSignature.message(bytes)))
        try DurableFile.write(bytes, to: "\(folder)/\(ExportFile.manifest)")
        try DurableFile.write(signature.bytes, to: "\(folder)/\(ExportFile.signature)")
        return manifest
    }

    private func tell(
        of manifest: ExportManifest, _ writer: ExportWriter, in folder: String, _ context: RequestContext
    ) async throws {
        guard !writer.progress.isRecorded else { return }
        let event = LogExported(
            export: manifest.export, grade: manifest.grade.rawValue, from: manifest.from, to: manifest.to,
            size: manifest.size, filters: manifest.filters.members.map { "\($0.name)=\($0.value)" },
            entries: Int64(manifest.entries), manifest: SHA256.hash(manifest.bytes).hex)
        try await note(.logExported(event), in: "access", context, .init(subject: manifest.filters.subject))
        var progress = writer.progress
        progress.isRecorded = true
        let state = ExportState(plan: writer.plan, progress: progress)
        try DurableFile.write(state.bytes, to: "\(folder)/\(ExportState.name)")
    }
}

/// Keeps two processes from writing one export at the same time.
struct ExportLock: Sendable {
    private let descriptor: Int32

    /// Nil when somebody else has it.
    init?(_ folder: String) throws(ServiceError) {
        descriptor = unsafe open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Home.failure("open", folder) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            return nil
        }
    }

    func release() { close(descriptor) }
}
