import HTTPServer

/// Finds the route of a request.
struct Router: Sendable {
    enum Match: Sendable {
        case route(Route, places: [String: String])
        /// The path exists, but not with this method.
        case otherMethods([HTTPMethod])
        case nothing
    }

    /// By the number of parts of their path, those with fewer places first: a literal wins over a place.
    private let routes: [Int: [Route]]
    /// Those that end in the rest of a path, looked at last.
    private let open: [Route]

    init(_ routes: [Route]) {
        func sorted(_ routes: [Route]) -> [Route] {
            routes.sorted { $0.pattern.places.count < $1.pattern.places.count }
        }
        self.routes = Dictionary(grouping: routes.filter { !$0.pattern.hasRest }) { $0.pattern.parts.count }
            .mapValues(sorted)
        open = sorted(routes.filter { $0.pattern.hasRest })
    }

    func match(_ head: HTTPRequestHead) -> Match {
        var others: [HTTPMethod] = []
        for route in routes[head.pathSegments.count, default: []] + open {
            guard let places = route.pattern.match(head.pathSegments) else { continue }
            if route.method == head.method { return .route(route, places: places) }
            others.append(route.method)
        }
        return others.isEmpty ? .nothing : .otherMethods(others)
    }
}
