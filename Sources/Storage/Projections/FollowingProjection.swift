/// State that follows the log: a pure function from events to changes of its own tables.
public protocol FollowingProjection: Sendable {
    /// The name under which position and digest are reported.
    var name: String { get }
    /// A new version is another projection: it is folded from index 0 again.
    var version: Int { get }
    var tables: [Table] { get }
    /// The types of the events that change anything; the others are not even parsed. Nil for all.
    var types: Set<String>? { get }

    /// What one event changes.
    func changes(for event: LoggedEvent) -> [TableChange]
}

extension FollowingProjection {
    public var types: Set<String>? { nil }

    /// The table with a name; a wrong one is a mistake in our code.
    public func table(_ name: String) -> Table {
        guard let table = tables.first(where: { $0.name == name }) else {
            preconditionFailure("\(self.name) has no table \(name)")
        }
        return table
    }

    /// The rows of a table that some events make by themselves, in the order of their keys.
    public func rows(of table: Table, from events: [LoggedEvent]) throws(StorageError) -> [[TableValue]] {
        var rows = MemoryTable(table)
        for event in events {
            for change in changes(for: event) where change.table == table.name { try rows.apply(change) }
        }
        return rows.rowsByKey
    }
}
