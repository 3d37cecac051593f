import HTTPServer
import Records
import Service
import Verifier

/// Parts of the log for somebody who checks them alone.
enum ExportRoutes {
    static let all: [Route] = [
        Route(
            method: .post, pattern: "/v1/exports", operation: "createExport",
            summary: "Begins to write a part of the log, with everything that proves it.",
            content: .json(schema: "ExportRequest", isRequired: false),
            answers: [.json(202, "ExportStatus", "It goes on by itself; `Location` tells how far it is.")],
            problems: [404], door: .key(.exportCreate, create)),
        Route(
            method: .get, pattern: "/v1/exports/{export}", operation: "getExport",
            summary: "Tells how far an export is.",
            answers: [.json(200, "ExportStatus", "The export.")], door: .key(.exportCreate, show)),
        Route(
            method: .get, pattern: "/v1/exports/{export}/archive", operation: "getExportArchive",
            summary: "Gives the archive of an export that is done.",
            answers: [.media(200, "application/zstd", "A tar.zst, as docs/formats.md describes it.")],
            door: .key(.exportCreate, archive)),
    ]

    @Sendable static func create(_ call: Call, _ caller: Caller) async throws(ServiceError) -> HTTPResponse {
        let status = try await call.application.startExport(try request(call.request), caller.context)
        var response = try HTTPResponse.json(status, status: 202)
        response.headers["Location"] = "/v1/exports/\(status.export)"
        return response
    }

    static func request(_ request: HTTPRequest) throws(ServiceError) -> ExportRequest {
        let fields = try JSONFields(
            request,
            known: [
                "grade", "from", "to", "since", "until", "stream", "type", "actor", "patient", "subject", "model",
                "known",
            ])
        var export = ExportRequest()
        if let text = try fields.text("grade") {
            guard let grade = ExportManifest.Grade(rawValue: text) else {
                throw ServiceError(.invalid, "export-grade", "`grade` is complete or authentic.")
            }
            export.grade = grade
        }
        (export.from, export.to) = (try fields.number("from"), try fields.number("to"))
        (export.since, export.until) = (try fields.text("since"), try fields.text("until"))
        (export.stream, export.type) = (try fields.text("stream"), try fields.text("type"))
        (export.actor, export.model) = (try fields.text("actor"), try fields.text("model"))
        (export.patient, export.subject) = (try fields.text("patient"), try fields.text("subject"))
        export.isNewest = try fields.flag("newest")
        export.known = try fields.numbers("known", limit: 100)
        return export
    }

    @Sendable static func show(_ call: Call, _ caller: Caller) async throws(ServiceError) -> HTTPResponse {
        try .json(try await call.application.exportStatus(call.place("export"), caller.context))
    }

    @Sendable static func archive(_ call: Call, _ caller: Caller) async throws(ServiceError) -> HTTPResponse {
        let download = try await call.application.exportArchive(call.place("export"), caller.context)
        let headers: HTTPHeaders = [
            "Content-Type": "application/zstd", "Content-Disposition": "attachment; filename=\"\(download.name)\"",
        ]
        return HTTPResponse(
            status: 200, headers: headers, body: .stream(length: download.bytes) { try await download.next() })
    }
}
