/// The table of targets in docs/architecture.md, from the top of the architecture down.
struct TargetTable {
    struct Row {
        let target: String
        /// Our own modules and the C libraries' that it imports.
        let imports: Set<String>
        /// Those that come with Swift.
        let system: Set<String>
    }

    let rows: [Row]

    init() throws {
        rows = try Repository.text("docs/architecture.md").matches(
            of: /(?m)^\| `(\w+)` \|[^|]*\|([^|]*)\|([^|]*)\|$/
        ).map { Row(target: String($0.1), imports: Self.names(in: $0.2), system: Self.names(in: $0.3)) }
    }

    private static func names(in cell: Substring) -> Set<String> {
        Set(cell.matches(of: /`(\w+)`/).map { String($0.1) })
    }
}
