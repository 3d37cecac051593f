import Testing

@Suite struct `The targets` {
    private let table: TargetTable
    private let manifest: Manifest
    /// The modules that each target imports.
    private let imported: [String: Set<String>]

    init() throws {
        (table, manifest) = (try TargetTable(), try Manifest())
        imported = Dictionary(grouping: Repository.sources, by: \.target).mapValues { Set($0.flatMap(\.imports)) }
    }

    @Test func `import what the table of the architecture says, no more and no less`() {
        #expect(Set(table.rows.map(\.target)) == Set(imported.keys))
        for row in table.rows {
            #expect(imported[row.target] == row.imports.union(row.system), "\(row.target)")
        }
    }

    @Test func `import only targets that stand below them`() {
        let places = table.rows.map(\.target)
        for (place, row) in table.rows.enumerated() {
            for module in row.imports where !manifest.foreign.contains(module) {
                #expect(places[(place + 1)...].contains(module), "\(row.target) imports \(module)")
            }
        }
    }

    @Test func `depend on what they import, as Package.swift declares it in the order of dependency`() {
        for row in table.rows { #expect(manifest.dependencies[row.target] == row.imports, "\(row.target)") }
        for (place, target) in manifest.order.enumerated() {
            for dependency in manifest.dependencies[target] ?? [] {
                #expect(manifest.order[..<place].contains(dependency), "\(target) depends on \(dependency)")
            }
        }
    }

    @Test func `let a C library into exactly one of them`() {
        for module in manifest.foreign {
            let importers = imported.filter { $0.value.contains(module) }.map(\.key)
            #expect(importers.count == 1, "\(module) is imported by \(importers)")
        }
    }

    @Test(arguments: ["CanonicalJSON", "Records", "Ledger", "Crypto"])
    func `of the domain do without Foundation`(target: String) {
        let foundation = (imported[target] ?? []).filter { $0.hasPrefix("Foundation") }
        #expect(foundation.isEmpty)
    }

    @Test(arguments: ["CanonicalJSON", "Records"])
    func `that are pure do without the operating system`(target: String) {
        #expect((imported[target] ?? []).isSubset(of: ["CanonicalJSON"]))
    }
}
