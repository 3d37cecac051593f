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
            target = table(name)
            rows.append(row)
        case .update(let name, let key, let set):
            flush()
            statements.append(.update(key, set, in: table(name), names.name(table(name), .live)))
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

    private func table(_ name: String) -> Table { projection.table(name) }
}

extension FollowingProjection {
    /// The table with a name; a wrong one is a mistake in our code.
    func table(_ name: String) -> Table {
        guard let table = tables.first(where: { $0.name == name }) else {
            preconditionFailure("\(self.name) has no table \(name)")
        }
        return table
    }
}

extension PostgresStatement {
    /// Sets columns of the row with a key; `name` is what the table is called in the database.
    static func update(
        _ key: TableValue, _ set: [String: TableValue], in table: Table, _ name: String
    ) -> PostgresStatement {
        let columns = set.keys.sorted()
        let assignments = columns.enumerated().map { "\($1) = $\($0 + 1)" }.joined(separator: ", ")
        return PostgresStatement(
            "UPDATE \(name) SET \(assignments) WHERE \(table.columns[0].name) = $\(columns.count + 1)",
            columns.map { .one(set[$0] ?? .null, table.columns[table.position(of: $0)].kind) }
                + [.one(key, table.columns[0].kind)])
    }
}
