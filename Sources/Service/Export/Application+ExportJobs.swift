import Archive
import CanonicalJSON
import Crypto
import Glibc
import Ledger
import Records
import Storage
import Verifier

/// An export that was asked for over HTTP, as it stands.
public struct ExportStatus: Codable, Sendable, Equatable {
    public let export: String
    /// `waiting`, `running` or `done`; of one that failed its failure is the answer.
    public let state: String
    public let grade: String
    public let from: UInt64
    public let to: UInt64
    public let size: UInt64
    /// The index up to which entries were looked at.
    public var done: UInt64
    public var entries: UInt64?
    public var matched: UInt64?
    /// Hex SHA-256 of the manifest.
    public var manifest: String?
    /// Where the archive can be had, and its bytes.
    public var archive: String?
    public var archiveBytes: Int64?
}

extension Application {
    /// How long an archive is kept for its reader, in microseconds: a week.
    private static let keptFor: Int64 = 7 * 86_400 * 1_000_000

    /// Begins an export that goes on by itself; its archive can be had when it is done.
    public func startExport(_ request: ExportRequest, _ context: RequestContext) async throws(ServiceError)
        -> ExportStatus
    {
        try await require(.exportCreate, for: "export", context)
        try requireWritable()
        guard exports.open < ExportJobs.limit else {
            throw ServiceError(
                .overloaded(retryAfterSeconds: 60), "exports-waiting", "Too many exports are waiting; try again later.")
        }
        removeOldExports()
        let (state, _) = try await prepareExport(request, into: settings.exports, context)
        enqueue(state, context)
        return try status(of: state.plan.export)
    }

    /// How far an export is.
    public func exportStatus(_ export: String, _ context: RequestContext) async throws(ServiceError) -> ExportStatus {
        try await require(.exportCreate, for: "export status", context)
        return try status(of: export)
    }

    /// The archive of an export that is done; giving it out is an event.
    public func exportArchive(_ export: String, _ context: RequestContext) async throws(ServiceError) -> ExportDownload
    {
        try await require(.exportCreate, for: "export archive", context)
        let status = try status(of: export)
        guard status.state == "done" else {
            throw ServiceError(
                .conflict, "export-unfinished", "The export is \(status.state); ask for its status first.")
        }
        let download = try ExportDownload(archivePath(export), name: "\(export).tar.zst", pool: diskWaiters)
        try await note(
            .auditLogQueried(
                .init(
                    operation: "export archive", filters: ["export=\(export)"],
                    returned: Int64(clamping: status.entries ?? 0))), in: "access", context)
        return download
    }

    /// Goes on with what the last process left unfinished.
    func resumeExports() {
        guard readOnly == nil else { return }
        for name in ((try? DurableFile.names(in: settings.exports)) ?? []).sorted() where name.hasSuffix(".partial") {
            guard let state = unfinishedExport(String(name.dropLast(".partial".count))) else { continue }
            enqueue(state, systemContext())
        }
    }

    /// How far one is that is written somewhere, or was when its process ended.
    private func unfinishedExport(_ export: String) -> ExportState? {
        guard
            let bytes = try? SmallFile.read(
                "\(partialPath(export))/\(ExportState.name)", limit: 1 << 20),
            let state = ExportState(parsing: bytes), state.plan.export == export
        else { return nil }
        return state
    }

    private func enqueue(_ state: ExportState, _ context: RequestContext) {
        let folder = partialPath(state.plan.export)
        exports.enqueue(state.plan) { [weak self] progress throws(ServiceError) in
            guard let self else { return }
            // As it stands now: another process may have gone on with it, or finished it.
            guard let state = unfinishedExport(state.plan.export) else { throw Self.exportElsewhere }
            let view: ExportView
            do throws(ServiceError) {
                view = try await writeExport(state, folder, context) { done, _ in progress(done) }
            } catch {
                let isHere = unsafe access(folder, F_OK) == 0
                guard isHere, error.code != Self.exportElsewhere.code else { throw Self.exportElsewhere }
                note(failedExport: error)
                // Stopped with the process: the next one goes on with it.
                if error.code != Self.exportStopped.code { Home.removeFolder(folder) }
                throw error
            }
            do throws(ServiceError) { try await pack(view) } catch {
                note(failedExport: error)
                throw error
            }
        }
    }

    private func note(failedExport error: ServiceError) {
        journal?.write(.error, "export failed", ["code": error.code, "cause": error.cause ?? ""])
    }

    private func partialPath(_ export: String) -> String { "\(settings.exports)/\(export).partial" }
    private func archivePath(_ export: String) -> String { "\(settings.exports)/\(export).tar.zst" }
    private func receiptPath(_ export: String) -> String { "\(settings.exports)/\(export).json" }

    /// Turns the folder of a finished export into its archive, with a receipt beside it.
    private func pack(_ view: ExportView) async throws(ServiceError) {
        let path = archivePath(view.export)
        try await diskWaiters.run { () throws(ServiceError) in try Self.pack(view, into: path) }
        var status = ExportStatus(
            export: view.export, state: "done", grade: view.grade, from: view.from, to: view.to, size: view.size,
            done: view.to)
        (status.entries, status.matched, status.manifest) = (view.entries, view.matched, view.manifest)
        try SmallFile.write(status.receipt, to: receiptPath(view.export))
        Home.removeFolder(view.path)
    }

    /// Makes one file of the folder of a finished export, in its place.
    public func archive(_ view: ExportView) async throws(ServiceError) -> ExportView {
        let path = view.path + ".tar.zst"
        try await diskWaiters.run { () throws(ServiceError) in try Self.pack(view, into: path) }
        Home.removeFolder(view.path)
        return view.at(path)
    }

    /// Packs the folder of an export.
    private static func pack(_ view: ExportView, into path: String) throws(ServiceError) {
        do {
            let names = try DurableFile.names(in: view.path).sorted()
            try TarZstd.pack(names.map { ($0, "\(view.path)/\($0)") }, under: view.export, into: path)
        } catch {
            guard let error = error as? ArchiveError else { throw ServiceError(wrapping: error) }
            throw ServiceError(error, path)
        }
    }

    private func status(of export: String) throws(ServiceError) -> ExportStatus {
        let unknown = ServiceError(.notFound, "export-unknown", "There is no such export, or it is no longer kept.")
        guard ExportManifest.isID(export) else { throw unknown }
        if let job = exports.job(export) {
            switch job.state {
            case .waiting, .running: return ExportStatus(job.plan, state: job.state.rawValue, done: job.done)
            case .failed: if let failure = job.failure { throw failure }
            case .done, .elsewhere: break
            }
        }
        guard let bytes = try SmallFile.read(receiptPath(export), limit: 65_536),
            var status = ExportStatus(receipt: bytes), let length = SmallFile.size(archivePath(export))
        else {
            guard let state = unfinishedExport(export) else { throw unknown }
            // If its process was killed, this one goes on with it.
            if readOnly == nil { enqueue(state, systemContext()) }
            return ExportStatus(state.plan, state: "running", done: state.progress.next)
        }
        (status.archive, status.archiveBytes) = ("/v1/exports/\(export)/archive", length)
        return status
    }

    /// Makes room: archives that nobody fetched for a week go.
    private func removeOldExports() {
        let oldest = now().microseconds - Self.keptFor
        for name in (try? DurableFile.names(in: settings.exports)) ?? [] {
            guard name.hasSuffix(".tar.zst") || name.hasSuffix(".json"),
                let changed = SmallFile.changed("\(settings.exports)/\(name)"), changed < oldest
            else { continue }
            unsafe unlink("\(settings.exports)/\(name)")
        }
    }
}

extension ExportStatus {
    fileprivate init(_ plan: ExportPlan, state: String, done: UInt64) {
        self.init(
            export: plan.export, state: state, grade: plan.grade.rawValue, from: plan.range.lowerBound,
            to: plan.range.upperBound, size: (try? Checkpoint(note: plan.checkpoint).size) ?? 0, done: done)
    }

    /// The durable part.
    fileprivate var receipt: [UInt8] {
        JSONValue.object([
            "entries": .integer(Int64(clamping: entries ?? 0)), "export": .string(export),
            "from": .integer(Int64(clamping: from)), "grade": .string(grade),
            "manifest": .string(manifest ?? ""), "matched": .integer(Int64(clamping: matched ?? 0)),
            "size": .integer(Int64(clamping: size)), "to": .integer(Int64(clamping: to)),
        ]).canonicalBytes()
    }

    fileprivate init?(receipt bytes: [UInt8]) {
        func number(_ value: JSONValue?) -> UInt64? { value?.integerValue.flatMap(UInt64.init(exactly:)) }
        guard let value = try? JSONValue.parse(bytes), let export = value["export"]?.stringValue,
            let grade = value["grade"]?.stringValue, let from = number(value["from"]), let to = number(value["to"]),
            let size = number(value["size"])
        else { return nil }
        self.init(export: export, state: "done", grade: grade, from: from, to: to, size: size, done: to)
        (entries, matched) = (number(value["entries"]), number(value["matched"]))
        manifest = value["manifest"]?.stringValue
    }
}
