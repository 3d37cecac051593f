import Ledger
import Service
import Verifier

/// `export`: a part of the log that somebody else can check alone.
enum Export: Command {
    static let definition = CommandDefinition(
        words: ["export"], section: .evidence, summary: "Write a part of the log that others can verify alone",
        discussion: """
            Writes entries with everything that proves them into a new folder: signed entries, proofs, checkpoint, key \
            history, policy, a table (CSV) and a page (HTML) of the same rows, and a signed manifest. \
            `cxrledger verify-export` checks it without this log.
            Grade complete (the default) holds every entry of a range, so that the reader applies the filters alone and \
            proves that nothing else matched. Grade authentic holds only what matches: nothing in it was added or \
            changed, but what was left out does not show.
            Where witnesses are asked (TLOG_POLICY), the export ends with what enough of them have cosigned, unless --to or \
            --newest ask for more. The export is recorded as an event. An interrupted one goes on with --resume.
            """,
        flags: [
            Flag(
                "grade", "GRADE", "what the export proves; complete when not given", choices: ["complete", "authentic"]),
            Flag("from", "INDEX", "the first index"), Flag("to", "INDEX", "the first index that is no longer meant"),
            Flag("since", "TIME", "recorded at or after"), Flag("until", "TIME", "recorded before"),
            Flag("stream", "NAME", "entries of this stream"), Flag("type", "NAME", "events of this type"),
            Flag("actor", "ID", "by this actor or credential"),
            Flag("patient", "ID", "about this patient; in the export only as a pseudonym", isPrivate: true),
            Flag("subject", "ID", "about the patient with this pseudonym"),
            Flag("model", "MODEL", "about this model, or predicted by it"),
            Flag(
                "known", "FILE", "a checkpoint, proof or passport of yours that the export shall continue; repeatable"),
            Flag("newest", nil, "go beyond what witnesses have cosigned, to the newest entry"),
            Flag("out", "DIR", "where the new folder goes; the current folder when not given"),
            Flag("archive", nil, "make one file of the folder, a tar.zst"),
            Flag("resume", "DIR", "go on with an interrupted export, whose folder ends in .partial"),
        ],
        examples: [
            "cxrledger export --out /mnt/audit", "cxrledger export --since 2026-11-01 --until 2026-12-01",
            "cxrledger export --grade authentic --stream models", "cxrledger export --resume ./export-….partial",
        ], reach: .store)

    static func run(_ invocation: Invocation) async throws -> ExitStatus {
        let (arguments, console) = (invocation.arguments, invocation.console)
        let local = try await invocation.local()
        let bar = ProgressBar("exporting", console)
        defer { bar.finish() }
        var view: ExportView
        if let folder = arguments.value("resume") {
            let path = folder.hasSuffix("/") ? String(folder.dropLast()) : folder
            view = try await local.application.resumeExport(in: path, local.context) { bar.show($0, of: $1) }
        } else {
            let (request, target) = (try request(arguments), arguments.value("out") ?? ".")
            view = try await local.application.export(request, into: target, local.context) { bar.show($0, of: $1) }
        }
        bar.finish()
        if arguments.has("archive") { view = try await local.application.archive(view) }
        try console.show(view) {
            TextTable.fields(
                [
                    ("export", .init(view.path, .good)), ("grade", .init(view.grade)),
                    ("entries", "\(view.entries) of [\(view.from), \(view.to)), \(view.matched) match"),
                    ("tree", "\(view.size) entries, root \(view.root)"), ("bytes", "\(view.bytes)"),
                    ("manifest", .init(view.manifest)),
                ], console)
        }
        if view.newer > 0 {
            console.note("note: \(view.newer) newer entries are not in the exported tree.")
        }
        return .done
    }

    /// What the flags ask for.
    static func request(_ arguments: Arguments) throws -> ExportRequest {
        var request = ExportRequest()
        if let grade = arguments.value("grade").flatMap(ExportManifest.Grade.init) { request.grade = grade }
        request.from = try arguments.number("from", in: 0...Int.max).map { UInt64($0) }
        request.to = try arguments.number("to", in: 0...Int.max).map { UInt64($0) }
        (request.since, request.until) = (arguments.value("since"), arguments.value("until"))
        (request.stream, request.type) = (arguments.value("stream"), arguments.value("type"))
        (request.actor, request.model) = (arguments.value("actor"), arguments.value("model"))
        for path in arguments.flags["known"] ?? [] {
            guard let held = try VerifyExport.expectation(path).heldCheckpoint else {
                throw Failure("expectation-unknown", "\(Printable.text(path)) holds no checkpoint.")
            }
            request.known.append(held.checkpoint.size)
        }
        request.isNewest = arguments.has("newest")
        (request.patient, request.subject) = (arguments.value("patient"), arguments.value("subject"))
        return request
    }
}
