import CanonicalJSON
import HTTPServer
import Records
import Service

/// The OpenAPI 3.1 document: paths from the routes, and what the routes name from `openapi.json`.
enum OpenAPIDocument {
    /// The route that serves the document of some routes and of itself.
    static func route(of routes: [Route]) -> Route {
        func route(answering handler: @escaping Route.OpenHandler) -> Route {
            Route(
                method: .get, pattern: "/openapi.json", operation: "getOpenAPI", summary: "Gives this document.",
                answers: [.media(200, "application/json", "An OpenAPI 3.1 document.")], door: .open(handler))
        }
        let unwritten = route { _ throws(ServiceError) in HTTPResponse(status: 200) }
        let bytes = document(of: routes + [unwritten]).canonicalBytes()
        return route { _ throws(ServiceError) in .json(bytes: bytes) }
    }

    static func document(of routes: [Route]) -> JSONValue {
        // Compiled in and read by the tests: what cannot be read would be an empty document there.
        var document = (try? JSONValue.parseRelaxed(PackageResources.openapi_json))?.objectValue ?? [:]
        var paths: [String: JSONObject] = [:]
        for route in routes {
            guard let operation = route.operation else { continue }
            paths[route.pattern.description, default: [:]][route.method.rawValue.lowercased()] = describe(
                route, operation)
        }
        document["paths"] = .object(JSONObject(paths.mapValues { .object($0) }))
        return .object(document)
    }

    private static func describe(_ route: Route, _ operation: String) -> JSONValue {
        var value: JSONObject = [
            "operationId": .string(operation), "summary": .string(route.summary),
            "security": .array(security(of: route.door)),
        ]
        switch route.door {
        case .key(let permission?, _), .either(let permission, _):
            value["x-permission"] = .string(permission.rawValue)
        case .open, .key(nil, _): break
        }
        let parameters = parameters(of: route)
        if !parameters.isEmpty { value["parameters"] = .array(parameters) }
        value["requestBody"] = body(of: route.content)
        var responses: JSONObject = ["default": ["$ref": "#/components/responses/Problem"]]
        for status in route.expectedProblems { responses[String(status)] = ["$ref": "#/components/responses/Problem"] }
        for answer in route.answers {
            var response: JSONObject = ["description": .string(answer.summary)]
            if let (mediaType, schema) = answer.body {
                response["content"] = .object([mediaType: schema.map { ["schema": reference($0)] } ?? [:]])
            }
            responses[String(answer.status)] = .object(response)
        }
        value["responses"] = .object(responses)
        return .object(value)
    }

    /// An empty requirement beside others says that a key may be left out.
    private static func security(of door: Route.Door) -> [JSONValue] {
        let keys: [JSONValue] = [["bearer": []], ["apiKey": []], ["session": []]]
        switch door {
        case .open: return []
        case .key: return keys
        case .either: return [[:]] + keys
        }
    }

    private static func parameters(of route: Route) -> [JSONValue] {
        func parameter(_ name: String, in place: String, _ kind: String, _ summary: String?) -> JSONValue {
            var value: JSONObject = [
                "name": .string(name), "in": .string(place), "schema": ["type": .string(kind)],
            ]
            if place == "path" { value["required"] = true }
            value["description"] = summary.map { .string($0) }
            return .object(value)
        }
        return route.pattern.places.map { parameter($0, in: "path", "string", nil) }
            + route.query.map { parameter($0.name, in: "query", $0.kind.rawValue, $0.summary) }
            + (route.headers + (route.needsKey ? [purpose] : [])).map {
                parameter($0.name, in: "header", "string", $0.summary)
            }
    }

    private static let purpose = HeaderField(
        name: Call.purposeHeader, summary: "The purpose of use, a code of HL7's PurposeOfUse such as TREAT; recorded.")

    private static func body(of content: Route.Content) -> JSONValue? {
        switch content {
        case .none: return nil
        case .json(let schema, let isRequired):
            return [
                "required": .bool(isRequired), "content": ["application/json": ["schema": reference(schema)]],
            ]
        case .upload(let form, let isRawAllowed):
            var types: JSONObject = ["multipart/form-data": ["schema": reference(form)]]
            for type in isRawAllowed ? ["image/*", "application/octet-stream"] : [] {
                types[type] = [:]
            }
            return ["required": true, "content": .object(types)]
        }
    }

    private static func reference(_ schema: String) -> JSONValue { ["$ref": "#/components/schemas/\(schema)"] }
}

extension Route {
    /// The refusals that follow from the shape of a route, and those that belong to its operation.
    var expectedProblems: Set<Int> {
        var statuses = problems
        let permission: Permission??
        switch door {
        case .open: permission = .none
        case .key(let needed, _): permission = .some(needed)
        case .either(let needed, _): permission = .some(needed)
        }
        if let permission {
            statuses.formUnion([400, 401, 503])
            let isRestricted = Role.allCases.contains { role in permission.map { !role.holds($0) } ?? false }
            // A session's changing request is also refused without its token.
            if isRestricted || method != .get { statuses.insert(403) }
        }
        if !pattern.places.isEmpty { statuses.insert(404) }
        switch content {
        case .none: break
        case .json, .upload: statuses.formUnion([400, 413, 415])
        }
        return statuses
    }
}
