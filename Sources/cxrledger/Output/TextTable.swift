/// Rows for people: aligned columns, and labels with values.
struct TextTable {
    /// One piece of a row.
    struct Cell: ExpressibleByStringInterpolation {
        let text: String
        let style: Console.Style

        init(_ text: String, _ style: Console.Style = .plain) {
            (self.text, self.style) = (Printable.text(text), style)
        }
        init(stringLiteral text: String) { self.init(text) }
    }

    /// A column's title; numbers stand at its right edge.
    struct Column: ExpressibleByStringLiteral {
        let title: String
        var isNumber = false

        init(stringLiteral title: String) { self.title = title }
        init(number title: String) { (self.title, isNumber) = (title, true) }
    }

    let columns: [Column]
    var rows: [[Cell]] = []

    init(_ columns: [Column], _ rows: [[Cell]] = []) { (self.columns, self.rows) = (columns, rows) }

    /// The table under its titles, without a line end.
    func text(_ console: Console) -> String {
        let widths = columns.indices.map { column in
            max(columns[column].title.count, rows.map { $0.count > column ? $0[column].text.count : 0 }.max() ?? 0)
        }
        let titles = columns.map { Cell($0.title, .heading) }
        return ([titles] + rows).map { line($0, widths, console) }.joined(separator: "\n")
    }

    private func line(_ cells: [Cell], _ widths: [Int], _ console: Console) -> String {
        zip(cells.indices, cells).map { column, cell in
            let isLast = column == cells.count - 1
            let isNumber = columns.indices.contains(column) && columns[column].isNumber
            let width = widths.indices.contains(column) ? widths[column] : 0
            let fill = String(repeating: " ", count: max(0, width - cell.text.count))
            let painted = console.paint(cell.text, cell.style)
            return isNumber ? fill + painted : isLast ? painted : painted + fill
        }.joined(separator: "  ")
    }

    /// Labels and values, one a line; those without a value are left out.
    static func fields(_ fields: [(label: String, value: Cell?)], _ console: Console) -> String {
        let shown = fields.compactMap { field in field.value.map { (field.label, $0) } }
        let width = shown.map(\.0.count).max() ?? 0
        return shown.map { label, value in
            "\(console.paint(label.padded(to: width), .faint))  \(console.paint(value.text, value.style))"
        }.joined(separator: "\n")
    }
}
