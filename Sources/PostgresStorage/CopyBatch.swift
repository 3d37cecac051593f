import Storage

/// The changes of many events to fresh tables: rows to be copied, and what changes rows that were copied before.
struct CopyBatch {
    private let projection: any FollowingProjection
    private let names: ViewNames
    private var rows: [String: [[TableValue]]] = [:]
    /// Where the row with a key is, of tables of which rows were changed: most are only added to.
    private var places: [String: [TableValue: Int]] = [:]
    private var updates: [PostgresStatement] = []

    init(_ projection: any FollowingProjection, _ names: ViewNames) {
        (self.projection, self.names) = (projection, names)
    }

    mutating func add(_ change: TableChange) {
        switch change {
        case .insert(let name, let row):
            places[name]?[change.key] = rows[name]?.count ?? 0
            rows[name, default: []].append(row)
        case .update(let name, let key, let set):
            let table = projection.table(name)
            guard let place = place(of: key, in: name) else {
                return updates.append(.update(key, set, in: table, names.name(table, .rebuilt)))
            }
            for (column, value) in set { rows[name]?[place][table.position(of: column)] = value }
        }
    }

    private mutating func place(of key: TableValue, in table: String) -> Int? {
        guard let rows = rows[table] else { return nil }
        if places[table] == nil {
            places[table] = Dictionary(zip(rows.map { $0.first ?? .null }, rows.indices)) { $1 }
        }
        return places[table]?[key]
    }

    /// Writes all of it as part of a transaction.
    ///
    /// The updates come first: they are of rows that were there before, or of none.
    func write(_ session: PostgresSession) throws(StorageError) {
        if let last = updates.last {
            session.enqueue(Array(updates.dropLast()))
            _ = try session.run(last.sql, last.values)
        }
        for table in projection.tables {
            guard let rows = rows[table.name] else { continue }
            let statement = "COPY \(names.name(table, .rebuilt)) FROM STDIN (FORMAT binary)"
            try session.copy(statement, count: rows.count) { number, copy in
                copy.row(rows[number])
            }
        }
    }
}
