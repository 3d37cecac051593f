import HTTPServer
import Records
import Service

/// One operation of the interface; requests are dispatched by it, and the OpenAPI document is made from it.
struct Route: Sendable {
    typealias OpenHandler = @Sendable (Call) async throws(ServiceError) -> HTTPResponse
    typealias EitherHandler = @Sendable (Call, Caller?) async throws(ServiceError) -> HTTPResponse
    typealias Handler = @Sendable (Call, Caller) async throws(ServiceError) -> HTTPResponse

    /// Who may come in.
    enum Door: Sendable {
        /// Everybody.
        case open(OpenHandler)
        /// Whoever has a key; the permission is what `Application` asks of the key's role.
        case key(Permission?, Handler)
        /// Whoever has a key with the permission, and where the settings say so everybody; the handler decides.
        case either(Permission, EitherHandler)
    }

    /// What the body may be.
    enum Content: Sendable {
        case none
        /// A small JSON object of a named schema; may be left out when all of its members are optional.
        case json(schema: String, isRequired: Bool)
        /// Files, as a form of a named schema, or one file as it is.
        case upload(form: String, isRawAllowed: Bool)
    }

    /// What a success looks like.
    struct Answer: Sendable {
        let status: Int
        let summary: String
        /// The media type and its named schema; nil without a body.
        let body: (mediaType: String, schema: String?)?

        static func json(_ status: Int, _ schema: String, _ summary: String) -> Answer {
            Answer(status: status, summary: summary, body: ("application/json", schema))
        }

        static func media(_ status: Int, _ mediaType: String, _ summary: String) -> Answer {
            Answer(status: status, summary: summary, body: (mediaType, nil))
        }

        static func empty(_ status: Int, _ summary: String) -> Answer {
            Answer(status: status, summary: summary, body: nil)
        }
    }

    let method: HTTPMethod
    let pattern: PathPattern
    /// A name for programs that are generated from the document; nil for the page's files, which are in no document.
    let operation: String?
    let summary: String
    var query: [QueryField] = []
    var headers: [HeaderField] = []
    var content = Content.none
    var answers: [Answer] = []
    /// The statuses of refusals that belong to this operation, besides those that follow from its shape.
    var problems: Set<Int> = []
    let door: Door

    /// The most bytes that a body may have: requests other than uploads are small.
    var bodyLimit: Int {
        guard case .upload = content else { return 64 << 10 }
        return .max
    }

    /// Whether a key is needed unless the settings let everybody in.
    var mayNeedKey: Bool {
        if case .open = door { false } else { true }
    }

    /// Whether a key is needed.
    var needsKey: Bool {
        guard case .key = door else { return false }
        return true
    }
}

/// A header field that an operation reads.
struct HeaderField: Sendable {
    let name: String
    let summary: String
}
