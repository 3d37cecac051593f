/// What Package.swift declares, read as text: asking the package manager would wait for the build that runs this test.
struct Manifest {
    /// The modules that a target may import, by target.
    private(set) var dependencies: [String: Set<String>] = [:]
    /// The targets in their order, which is that of dependency.
    private(set) var order: [String] = []
    /// The C modules: system libraries, and targets of C.
    private(set) var foreign: Set<String> = []

    init() throws {
        let text = try Repository.text("Package.swift")
        let calls = text.matches(
            of: /(?m)^ {8}(module|\.target|\.executableTarget|\.systemLibrary)\(\s*(?:name:\s*)?"(\w+)"/)
        for (position, call) in calls.enumerated() {
            let name = String(call.2)
            let end = position + 1 < calls.count ? calls[position + 1].range.lowerBound : text.endIndex
            let declaration = text[call.range.upperBound..<end]
            if declaration.contains("path: \"Tests/") { continue }
            order.append(name)
            if name.wholeMatch(of: /C[A-Z]\w+/) != nil { foreign.insert(name) }
            let list = declaration.prefixMatch(of: /,\s*(?:dependencies:\s*)?\[([^\]]*)\]/)?.1 ?? ""
            dependencies[name] = Set(list.matches(of: /"(\w+)"/).map { String($0.1) })
        }
        // `CanonicalJSON` begins like a C module, but has a folder of Swift.
        foreign.subtract(Repository.sources.map(\.target))
    }
}
