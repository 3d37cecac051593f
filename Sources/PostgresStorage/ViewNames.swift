import Storage

/// What the tables of projections are called, and how they are made: each log has its own.
struct ViewNames: Sendable {
    let schema: String
    /// The log's number among those that have tables in the schema.
    let log: Int64

    /// A table's name with its schema.
    func name(_ table: Table, _ generation: ProjectionGeneration) -> String {
        "\(schema)." + bareName(table, generation)
    }

    /// The name alone, as `RENAME TO` wants it.
    func bareName(_ table: Table, _ generation: ProjectionGeneration) -> String {
        "\(table.name)_\(log)" + (generation == .live ? "" : "_rebuilt")
    }

    /// What creates a table.
    ///
    /// Rebuilt ones get their indexes when they are filled: made at once, those cost far less.
    func schema(_ table: Table, _ generation: ProjectionGeneration) -> String {
        let columns = table.columns.enumerated().map { offset, column in
            "\(column.name) \(column.kind == .integer ? "bigint" : "text COLLATE \"C\"")"
                + (offset == 0 ? " NOT NULL" : "")
        }
        let name = name(table, generation)
        return """
            CREATE TABLE \(name) (\(columns.joined(separator: ", ")));
            CREATE UNIQUE INDEX ON \(name) (\(table.columns[0].name));
            """ + (generation == .live ? indexes(table, .live).joined(separator: ";\n") : "")
    }

    /// What creates the indexes of a table.
    func indexes(_ table: Table, _ generation: ProjectionGeneration) -> [String] {
        table.indexes.map { "CREATE INDEX ON \(name(table, generation)) \($0.definition)" }
    }
}
