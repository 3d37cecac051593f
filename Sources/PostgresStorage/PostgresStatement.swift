import Storage

/// One statement with its parameters `$1`, `$2`, ….
struct PostgresStatement {
    let sql: String
    let values: [PostgresValue]

    init(_ sql: String, _ values: [PostgresValue] = []) { (self.sql, self.values) = (sql, values) }
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
