/// One statement with its parameters `$1`, `$2`, ….
struct PostgresStatement {
    let sql: String
    let values: [PostgresValue]

    init(_ sql: String, _ values: [PostgresValue] = []) { (self.sql, self.values) = (sql, values) }
}
