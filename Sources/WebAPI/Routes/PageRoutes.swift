import Crypto
import HTTPServer
import Service

/// The page: files that were compiled in, each with a tag by which browsers keep it.
enum PageRoutes {
    private static let policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "
        + "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

    /// Where each file is served; the index stands at the root.
    static let files: [(path: String, content: [UInt8])] = [
        ("/", PackageResources.index_html), ("/api.js", PackageResources.api_js),
        ("/app.css", PackageResources.app_css),
        ("/app.js", PackageResources.app_js), ("/badge.js", PackageResources.badge_js),
        ("/bytes.js", PackageResources.bytes_js), ("/dom.js", PackageResources.dom_js),
        ("/entry.js", PackageResources.entry_js), ("/favicon.svg", PackageResources.favicon_svg),
        ("/format.js", PackageResources.format_js), ("/gauge.js", PackageResources.gauge_js),
        ("/merkle.js", PackageResources.merkle_js), ("/note.js", PackageResources.note_js),
        ("/parts.css", PackageResources.parts_css), ("/problem.js", PackageResources.problem_js),
        ("/proof.js", PackageResources.proof_js), ("/session.js", PackageResources.session_js),
        ("/views.css", PackageResources.views_css), ("/views/detail.js", PackageResources.detail_js),
        ("/views/evidence.js", PackageResources.evidence_js), ("/views/list.js", PackageResources.list_js),
        ("/views/models.js", PackageResources.models_js), ("/views/predict.js", PackageResources.predict_js),
        ("/views/result.js", PackageResources.result_js), ("/views/review.js", PackageResources.review_js),
        ("/views/signin.js", PackageResources.signin_js),
    ]

    static let all: [Route] = files.map { path, content in
        let tag = "\"\(SHA256.hash(content).hex.prefix(32))\""
        let headers: HTTPHeaders = [
            "Content-Type": mediaType(of: path), "Content-Security-Policy": policy, "Cache-Control": "no-cache",
            "ETag": tag,
        ]
        return Route(
            method: .get, pattern: PathPattern(path), operation: nil, summary: "A file of the page.",
            door: .open { call in
                let isKnown = call.request.headers.lists(tag, in: "If-None-Match")
                return HTTPResponse(
                    status: isKnown ? 304 : 200, headers: headers, body: isKnown ? .empty : .bytes(content))
            })
    }

    private static func mediaType(of path: String) -> String {
        switch path.split(separator: ".").last {
        case "js": "text/javascript; charset=utf-8"
        case "css": "text/css; charset=utf-8"
        case "svg": "image/svg+xml"
        default: "text/html; charset=utf-8"
        }
    }
}
