import Service

/// Lists with their digests, as people read them.
enum ProjectionText {
    static func table(_ projections: [ProjectionReport], _ console: Console) -> String {
        let rows = projections.map { report -> [TextTable.Cell] in
            [.init(report.projection), "\(report.position)", "\(report.rows)", .init(report.digest)]
        }
        return TextTable(["LIST", .init(number: "EVENTS"), .init(number: "ROWS"), "DIGEST"], rows).text(console)
    }
}
