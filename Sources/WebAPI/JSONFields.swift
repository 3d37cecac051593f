import CanonicalJSON
import HTTPServer
import Service

/// The members of a small JSON body, read strictly: only those that are known, each of its type.
struct JSONFields: Sendable {
    private let members: JSONObject

    /// Reads the body of a request; no body counts as an object without members.
    ///
    /// - Throws: `unsupportedMedia` for another type: only JSON makes a browser ask before it sends it across sites.
    init(_ request: HTTPRequest, known: Set<String>) throws(ServiceError) {
        guard !request.body.isEmpty else {
            members = [:]
            return
        }
        guard request.mediaType == "application/json" else {
            throw ServiceError(.unsupportedMedia, "json-expected", "Send the body as `Content-Type: application/json`.")
        }
        let value: JSONValue
        do { value = try JSONValue.parseRelaxed(request.body) } catch {
            throw ServiceError(
                .invalid, "json-malformed", "The body is no JSON: \(error.code.rawValue) at byte \(error.offset).")
        }
        guard let members = value.objectValue else {
            throw ServiceError(.invalid, "json-malformed", "The body is no JSON object.")
        }
        guard known.isSuperset(of: members.keys) else {
            let list = known.isEmpty ? "none" : known.sorted().joined(separator: ", ")
            throw ServiceError(.invalid, "json-field-unknown", "The body has a member that is none of: \(list).")
        }
        self.members = members
    }

    /// A text; nil when it is absent or null.
    func text(_ name: String) throws(ServiceError) -> String? {
        switch members[name] {
        case nil, .null: return nil
        case .string(let text): return text
        case .bool, .integer, .array, .object:
            throw ServiceError(.invalid, "json-field-invalid", "`\(name)` is a text.")
        }
    }

    /// A text that has to be there.
    func required(_ name: String) throws(ServiceError) -> String {
        guard let text = try text(name) else {
            throw ServiceError(.invalid, "json-field-missing", "The body needs the text `\(name)`.")
        }
        return text
    }

    /// A whole number of 0 or more; nil when it is absent or null.
    func number(_ name: String) throws(ServiceError) -> UInt64? {
        switch members[name] {
        case nil, .null: return nil
        case .integer(let number) where number >= 0: return UInt64(number)
        default: throw ServiceError(.invalid, "json-field-invalid", "`\(name)` is a whole number of 0 or more.")
        }
    }

    /// Whether a switch is on; off when it is absent or null.
    func flag(_ name: String) throws(ServiceError) -> Bool {
        switch members[name] {
        case nil, .null: return false
        case .bool(let flag): return flag
        default: throw ServiceError(.invalid, "json-field-invalid", "`\(name)` is true or false.")
        }
    }

    /// Whole numbers of 0 or more; none when the list is absent or null.
    func numbers(_ name: String, limit: Int) throws(ServiceError) -> [UInt64] {
        guard let value = members[name], value != .null else { return [] }
        let numbers = (value.arrayValue ?? []).compactMap { $0.integerValue.flatMap(UInt64.init(exactly:)) }
        guard let elements = value.arrayValue, elements.count == numbers.count, elements.count <= limit else {
            throw ServiceError(
                .invalid, "json-field-invalid", "`\(name)` is a list of at most \(limit) whole numbers of 0 or more.")
        }
        return numbers
    }

    /// A decimal, written as a text (so that nothing is rounded) or as a number.
    func decimal(_ name: String) throws(ServiceError) -> String {
        if case .integer(let number) = members[name] { return String(number) }
        return try required(name)
    }
}

extension HTTPRequest {
    /// The media type of the body in lower case, without parameters; empty when none is declared.
    var mediaType: String {
        let type = head.headers["Content-Type"]?.prefix { $0 != ";" } ?? ""
        return type.filter { $0 != " " && $0 != "\t" }.lowercased()
    }
}
