import CanonicalJSON
import HTTPServer
import Testing

@testable import WebAPI

@Suite struct `The OpenAPI document` {
    private let paths = DocumentedAPI.document["paths"]?.objectValue ?? [:]

    @Test func `is version 3 point 1 with all its parts`() {
        #expect(DocumentedAPI.document["openapi"]?.stringValue == "3.1.0")
        #expect(DocumentedAPI.document["info"]?["title"]?.stringValue == "CXRLedger")
        #expect(paths.count > 25)
    }

    @Test(
        arguments: WebService.routes.filter { $0.operation != nil }.map { ($0.method.rawValue, $0.pattern.description) }
    )
    func `describes every route`(method: String, path: String) {
        let operation = paths[path]?[method.lowercased()]
        #expect(operation?["operationId"]?.stringValue != nil)
        #expect(operation?["responses"]?.objectValue?.keys.contains { $0.hasPrefix("2") } == true)
    }

    @Test func `describes nothing that has no route`() {
        let described = paths.flatMap { path, methods in
            (methods.objectValue ?? [:]).keys.map { "\($0.uppercased()) \(path)" }
        }
        let routed = WebService.routes.filter { $0.operation != nil }.map { "\($0.method) \($0.pattern)" }
        #expect(Set(described) == Set(routed))
    }

    @Test func `names each operation once`() {
        let names = WebService.routes.compactMap(\.operation)
        #expect(Set(names).count == names.count)
    }

    @Test func `declares every place of a path`() {
        for route in WebService.routes where route.operation != nil {
            let parameters = DocumentedAPI.operation(route)?["parameters"]?.arrayValue ?? []
            let declared = parameters.filter { $0["in"] == "path" }.compactMap { $0["name"]?.stringValue }
            #expect(declared == route.pattern.places)
        }
    }

    @Test func `refers only to what it holds, and holds only what is referred to`() {
        var references: Set<String> = []
        func visit(_ value: JSONValue) {
            if let reference = value["$ref"]?.stringValue { references.insert(reference) }
            value.arrayValue?.forEach(visit)
            value.objectValue?.values.forEach(visit)
        }
        visit(DocumentedAPI.document)
        var held: Set<String> = []
        for kind in ["schemas", "responses"] {
            for name in (DocumentedAPI.document["components"]?[kind]?.objectValue ?? [:]).keys {
                held.insert("#/components/\(kind)/\(name)")
            }
        }
        #expect(references == held)
    }

    @Test func `says which operations need no key`() {
        let open = paths.filter { path, methods in
            (methods.objectValue ?? [:]).values.contains { $0["security"]?.arrayValue?.isEmpty == true }
        }.map(\.key).sorted()
        #expect(
            open == [
                "/alive", "/health", "/health/detailed", "/health/live", "/health/liveness", "/health/readiness",
                "/health/ready", "/health/startup", "/metrics", "/openapi.json", "/ready", "/session",
            ])
    }
}
