/// A path with named places, such as `/v1/predictions/{id}/image`.
struct PathPattern: Hashable, Sendable, CustomStringConvertible, ExpressibleByStringLiteral {
    enum Part: Hashable, Sendable {
        case literal(String)
        case place(String)
    }

    /// As it is written in the OpenAPI document, in metrics and in the log.
    let description: String
    let parts: [Part]

    init(_ text: String) {
        description = text
        parts = text.split(separator: "/").map { part in
            part.hasPrefix("{") ? .place(String(part.dropFirst().dropLast())) : .literal(String(part))
        }
    }

    init(stringLiteral text: String) { self.init(text) }

    /// The names of the places, in order.
    var places: [String] {
        parts.compactMap { part in
            guard case .place(let name) = part else { return nil }
            return name
        }
    }

    /// What stands in the places of a path; nil when the path is not of this pattern.
    func match(_ segments: [String]) -> [String: String]? {
        guard segments.count == parts.count else { return nil }
        var values: [String: String] = [:]
        for (part, segment) in zip(parts, segments) {
            switch part {
            case .literal(let text): guard text == segment else { return nil }
            case .place(let name):
                guard !segment.isEmpty else { return nil }
                values[name] = segment
            }
        }
        return values
    }
}
