import CanonicalJSON
import HTTPServer

@testable import WebAPI

/// The OpenAPI document, and what in an answer it does not allow.
enum DocumentedAPI {
    static let document = OpenAPIDocument.document(of: WebService.routes)
    private static let router = Router(WebService.routes)

    /// One operation as it is documented.
    static func operation(_ route: Route) -> JSONValue? {
        document["paths"]?[route.pattern.description]?[route.method.rawValue.lowercased()]
    }

    /// Why an answer is not as documented; nothing for what has no route.
    static func deviations(of reply: Reply, method: String, path: String) -> [String] {
        guard let head = try? HTTPRequestHead(method: HTTPMethod(rawValue: method), target: path),
            case .route(let route, _) = router.match(head), let operation = operation(route)
        else { return [] }
        guard let responses = operation["responses"], var response = responses[String(reply.status)] else {
            return ["the status is not documented"]
        }
        if let name = response["$ref"]?.stringValue?.split(separator: "/").last {
            response = document["components"]?["responses"]?[String(name)] ?? .null
        }
        guard method != "HEAD" else { return reply.body.isEmpty ? [] : ["HEAD has a body"] }
        guard let content = response["content"]?.objectValue else {
            return reply.body.isEmpty ? [] : ["a body is not documented"]
        }
        let type = (reply.header("Content-Type") ?? "").prefix { $0 != ";" }
        guard let media = content[String(type)] ?? (type.hasPrefix("image/") ? content["image/*"] : nil) else {
            return ["the media type \(type) is not documented"]
        }
        return media["schema"].map { deviations(of: reply.json, from: $0, at: "$") } ?? []
    }

    /// The members of an answer, each as `Schema.member` with the schema that names it.
    static func members(of reply: Reply, method: String, path: String) -> Set<String> {
        guard let head = try? HTTPRequestHead(method: HTTPMethod(rawValue: method), target: path),
            case .route(let route, _) = router.match(head),
            let schema = operation(route)?["responses"]?[String(reply.status)]?["content"]?["application/json"]?[
                "schema"]
        else { return [] }
        return members(of: reply.json, as: schema, in: "")
    }

    private static func members(of value: JSONValue, as schema: JSONValue, in owner: String) -> Set<String> {
        let (schema, owner) = resolved(schema, owner)
        switch value {
        case .array(let elements):
            return elements.reduce(into: []) {
                $0.formUnion(members(of: $1, as: schema["items"] ?? .null, in: owner))
            }
        case .object(let fields):
            return fields.reduce(into: []) { found, field in
                guard let schema = schema["properties"]?[field.key] else { return }
                found.insert("\(owner).\(field.key)")
                found.formUnion(members(of: field.value, as: schema, in: "\(owner).\(field.key)"))
            }
        case .null, .bool, .integer, .string: return []
        }
    }

    /// Every member that some answer may have, as `Schema.member`.
    static let answered: Set<String> = WebService.routes.reduce(into: []) { members, route in
        for answer in route.answers {
            let content = operation(route)?["responses"]?[String(answer.status)]?["content"]
            members.formUnion(all(of: content?["application/json"]?["schema"] ?? .null, in: ""))
        }
    }

    private static func all(of schema: JSONValue, in owner: String) -> Set<String> {
        let (schema, owner) = resolved(schema, owner)
        if let items = schema["items"] { return all(of: items, in: owner) }
        return (schema["properties"]?.objectValue ?? [:]).reduce(into: []) { members, property in
            members.insert("\(owner).\(property.key)")
            members.formUnion(all(of: property.value, in: "\(owner).\(property.key)"))
        }
    }

    /// A schema itself, when a reference to it is given, and what its members belong to.
    private static func resolved(_ schema: JSONValue, _ owner: String) -> (JSONValue, String) {
        guard let name = schema["$ref"]?.stringValue?.split(separator: "/").last.map(String.init) else {
            return (schema, owner)
        }
        return (document["components"]?["schemas"]?[name] ?? .null, name)
    }

    /// Strict: members that no schema names are deviations.
    static func deviations(of value: JSONValue, from schema: JSONValue, at place: String) -> [String] {
        if let name = schema["$ref"]?.stringValue?.split(separator: "/").last {
            return deviations(of: value, from: document["components"]?["schemas"]?[String(name)] ?? .null, at: place)
        }
        let types = schema["type"]?.arrayValue?.compactMap(\.stringValue) ?? [schema["type"]?.stringValue ?? ""]
        guard types.contains(where: { matches(value, $0) }) else { return ["\(place) is no \(types)"] }
        if let allowed = schema["enum"]?.arrayValue, !allowed.contains(value) {
            return ["\(place) is none of \(allowed)"]
        }
        switch value {
        case .array(let elements):
            guard let schema = schema["items"] else { return ["\(place) has no items"] }
            return elements.flatMap { deviations(of: $0, from: schema, at: place + "[]") }
        case .object(let members):
            guard let properties = schema["properties"]?.objectValue else {
                guard let schema = schema["additionalProperties"] else { return [] }
                return members.flatMap { deviations(of: $0.value, from: schema, at: "\(place).\($0.key)") }
            }
            let missing = (schema["required"]?.arrayValue ?? []).compactMap(\.stringValue).filter { members[$0] == nil }
            return missing.map { "\(place).\($0) is missing" }
                + members.flatMap { name, value in
                    guard let schema = properties[name] else { return ["\(place).\(name) is not documented"] }
                    return deviations(of: value, from: schema, at: "\(place).\(name)")
                }
        case .null, .bool, .integer, .string: return []
        }
    }

    /// Fractions are read as texts, so that they are not rounded.
    private static func matches(_ value: JSONValue, _ type: String) -> Bool {
        switch (value, type) {
        case (.string, "string"), (.integer, "integer"), (.integer, "number"), (.bool, "boolean"), (.array, "array"),
            (.object, "object"):
            true
        case (.string(let text), "number"): Double(text) != nil
        default: false
        }
    }
}
