import Storage

/// The changes of many events as few statements: rows that are inserted one after the other into a table go together.
struct ChangeBatch {
    private let projection: any FollowingProjection
    private let names: ViewNames
    private var statements: [PostgresStatement] = []
    private var rows: [[TableValue]] = []
    private var target: Table?

    init(_ projection: any FollowingProjection, _ names: ViewNames) {
        (self.projection, self.names) = (projection, names)
    }

    mutating func add(_ change: TableChange) {
        switch change {
        case .insert(let name, let row):
            if target?.name != name { flush() }
            target = projection.table(name)
            rows.append(row)
        case .update(let name, let key, let set):
            flush()
            let table = projection.table(name)
            statements.append(.update(key, set, in: table, names.name(table, .live)))
        }
    }

    /// The statements, in an order that has the effect of the changes' own.
    mutating func finish() -> [PostgresStatement] {
        flush()
        return statements
    }

    private mutating func flush() {
        guard let table = target, !rows.isEmpty else { return }
        let places = table.columns.indices.map { "$\($0 + 1)" }.joined(separator: ", ")
        let columns: [PostgresValue] = table.columns.enumerated().map { offset, column in
            .column(rows.map { $0[offset] }, column.kind)
        }
        statements.append(
            PostgresStatement("INSERT INTO \(names.name(table, .live)) SELECT * FROM unnest(\(places))", columns))
        (rows, target) = ([], nil)
    }
}
