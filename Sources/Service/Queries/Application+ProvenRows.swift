import Storage

extension Application {
    /// Proves rows of a list: each must be what the entries, that its columns name by index, make.
    ///
    /// The entries are folded again by the list's own projection. A row that refers to an entry which is not released
    /// yet, or is missing in a log that is BEHIND, is shown as the others make it, or not at all.
    func proven(
        _ rows: ArraySlice<[TableValue]>, of projection: some FollowingProjection, by columns: [String]
    ) async throws(ServiceError) -> [[TableValue]] {
        let table = projection.tables[0]
        let places = columns.map { table.position(of: $0) }
        func indices(_ row: [TableValue]) -> [UInt64] { places.compactMap { row[$0].integer.flatMap(UInt64.init) } }
        let wanted = Set(rows.flatMap(indices)).sorted()
        let end = (wanted.last ?? 0) + 1
        do {
            let found = try await proven.past(below: end, checkingSignatures: false) { reader throws(StorageError) in
                try reader.entries(at: wanted).sorted { $0.index < $1.index }
            }
            let made = Dictionary(
                try projection.rows(of: table, from: found.events).map { ($0[0], $0) }, uniquingKeysWith: { $1 })
            return try rows.compactMap { row throws(StorageError) in
                let newest = indices(row).max() ?? .max
                if (found.size..<found.committed).contains(newest) { return made[row[0]] }
                guard made[row[0]] == row else { throw StorageError(.corrupt, detail: "a row of \(table.name)") }
                return row
            }
        } catch {
            guard let error = error as? StorageError, error.code == .corrupt else {
                throw ServiceError(wrapping: error)
            }
            throw ServiceError(
                .unavailable, "list-damaged",
                "A row of this list is not what the signed entries make; run `cxrledger verify`, then `cxrledger rebuild`.",
                cause: error.debugDescription)
        }
    }
}
