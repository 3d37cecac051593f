/// A path with named places, such as `/v1/predictions/{id}/image`; the last may be the rest of a path: `/tlog/{path...}`.
struct PathPattern: Hashable, Sendable, CustomStringConvertible, ExpressibleByStringLiteral {
    enum Part: Hashable, Sendable {
        case literal(String)
        case place(String)
        /// One part or more, up to the end.
        case rest(String)
    }

    /// As it is written in the OpenAPI document, in metrics and in the log.
    let description: String
    let parts: [Part]

    init(_ text: String) {
        description = text.replacing("...}", with: "}")
        parts = text.split(separator: "/").map { part in
            guard part.hasPrefix("{") else { return .literal(String(part)) }
            let name = String(part.dropFirst().dropLast())
            return name.hasSuffix("...") ? .rest(String(name.dropLast(3))) : .place(name)
        }
    }

    init(stringLiteral text: String) { self.init(text) }

    /// The names of the places, in order.
    var places: [String] {
        parts.compactMap { part in
            switch part {
            case .literal: nil
            case .place(let name), .rest(let name): name
            }
        }
    }

    /// Whether it ends in the rest of a path, of any number of parts.
    var hasRest: Bool {
        guard case .rest = parts.last else { return false }
        return true
    }

    /// What stands in the places of a path; nil when the path is not of this pattern.
    func match(_ segments: [String]) -> [String: String]? {
        guard hasRest ? segments.count >= parts.count : segments.count == parts.count else { return nil }
        var values: [String: String] = [:]
        for (part, segment) in zip(parts, segments) {
            switch part {
            case .literal(let text): guard text == segment else { return nil }
            case .place(let name):
                guard !segment.isEmpty else { return nil }
                values[name] = segment
            case .rest(let name):
                let rest = segments[(parts.count - 1)...]
                // A slash within a part would be another spelling of a path.
                guard rest.allSatisfy({ !$0.isEmpty && !$0.utf8.contains(UInt8(ascii: "/")) }) else { return nil }
                values[name] = rest.joined(separator: "/")
            }
        }
        return values
    }
}
