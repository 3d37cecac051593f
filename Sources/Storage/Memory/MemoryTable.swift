/// One table of a projection in memory, with the meaning that SQL gives to keys, filters and order.
struct MemoryTable: Sendable {
    /// A value as databases compare it: text by its bytes, numbers before text.
    private enum Key: Hashable, Comparable {
        case integer(Int64)
        case text([UInt8])

        init?(_ value: TableValue) {
            switch value {
            case .null: return nil
            case .integer(let number): self = .integer(number)
            case .text(let text): self = .text(Array(text.utf8))
            }
        }

        static func < (left: Self, right: Self) -> Bool {
            switch (left, right) {
            case (.integer(let left), .integer(let right)): left < right
            case (.text(let left), .text(let right)): left.lexicographicallyPrecedes(right)
            case (.integer, .text): true
            case (.text, .integer): false
            }
        }
    }

    private let table: Table
    private var rows: [Key: [TableValue]] = [:]

    init(_ table: Table) { self.table = table }

    /// All rows in the order of their keys.
    var rowsByKey: [[TableValue]] { rows.sorted { $0.key < $1.key }.map(\.value) }

    mutating func apply(_ change: TableChange) throws(StorageError) {
        switch change {
        case .insert(_, let row):
            guard let key = row.first.flatMap(Key.init), rows.updateValue(row, forKey: key) == nil else {
                throw StorageError(.corrupt, detail: "a row of \(table.name) twice")
            }
        case .update(_, let key, let set):
            guard let key = Key(key) else { return }
            for (column, value) in set { rows[key]?[table.position(of: column)] = value }
        }
    }

    /// The rows that a query asks for, the largest of its order column first.
    func rows(_ query: TableQuery) -> [[TableValue]] {
        let order = table.position(of: query.order)
        let filters = query.filters + (query.before.map { [.below(query.order, $0)] } ?? [])
        let found = rows.values.filter { row in filters.allSatisfy { holds($0, row) } }
        // Nothing comes after every number.
        let sorted = found.sorted { ($0[order].integer ?? .min) > ($1[order].integer ?? .min) }
        return Array(sorted.prefix(query.limit))
    }

    private func holds(_ filter: TableQuery.Filter, _ row: [TableValue]) -> Bool {
        func value(_ column: String) -> TableValue { row[table.position(of: column)] }
        switch filter {
        case .equals(let column, let wanted): return holds(.isOneOf(column, [wanted]), row)
        case .anyEquals(let columns, let wanted): return columns.contains { holds(.equals($0, wanted), row) }
        case .isOneOf(let column, let wanted):
            return Key(value(column)).map { key in wanted.contains { Key($0) == key } } ?? false
        case .atLeast(let column, let number): return value(column).integer.map { $0 >= number } ?? false
        case .below(let column, let number): return value(column).integer.map { $0 < number } ?? false
        case .isNull(let column): return value(column) == .null
        case .isNotNull(let column): return value(column) != .null
        }
    }
}
