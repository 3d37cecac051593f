/// A table that a projection keeps, described once and created by every store in its own way.
public struct Table: Hashable, Sendable {
    public struct Column: Hashable, Sendable {
        public enum Kind: Hashable, Sendable { case integer, text }
        public let name: String
        public let kind: Kind

        public init(_ name: String, _ kind: Kind) { (self.name, self.kind) = (name, kind) }
    }

    /// Columns by which rows are found quickly.
    public struct Index: Hashable, Sendable, ExpressibleByArrayLiteral {
        public let columns: [String]
        private let isSparse: Bool

        private init(_ columns: [String], isSparse: Bool) { (self.columns, self.isSparse) = (columns, isSparse) }

        public init(arrayLiteral columns: String...) { self.init(columns, isSparse: false) }

        /// Only of rows whose first of these columns has a value, where that is seldom.
        public static func sparse(_ columns: String...) -> Self { Self(columns, isSparse: true) }

        /// What follows the name of the table where it is created.
        public var definition: String {
            "(\(columns.joined(separator: ", ")))" + (isSparse ? " WHERE \(columns[0]) IS NOT NULL" : "")
        }
    }

    public let name: String
    /// The first column is the key.
    public let columns: [Column]
    public let indexes: [Index]

    public init(name: String, columns: [Column], indexes: [Index]) {
        (self.name, self.columns, self.indexes) = (name, columns, indexes)
    }

    /// The position of a column; a wrong name is a mistake in our code.
    public func position(of column: String) -> Int {
        guard let position = columns.firstIndex(where: { $0.name == column }) else {
            preconditionFailure("\(name) has no column \(column)")
        }
        return position
    }
}

/// One value of a row.
public enum TableValue: Hashable, Sendable {
    case null
    case integer(Int64)
    case text(String)

    /// The text of an optional, or null.
    public static func optional(_ text: String?) -> TableValue { text.map { .text($0) } ?? .null }

    public var text: String? { if case .text(let text) = self { text } else { nil } }
    public var integer: Int64? { if case .integer(let number) = self { number } else { nil } }
}

/// One change that an event makes to a projection's tables.
public enum TableChange: Hashable, Sendable {
    /// Adds a row, its values in column order.
    case insert(table: String, row: [TableValue])
    /// Changes some columns of the row with a key; nothing when there is none.
    case update(table: String, key: TableValue, set: [String: TableValue])

    /// The table that it changes.
    public var table: String {
        switch self {
        case .insert(let table, _), .update(let table, _, _): table
        }
    }

    /// The key of the row that it is about.
    public var key: TableValue {
        switch self {
        case .insert(_, let row): row.first ?? .null
        case .update(_, let key, _): key
        }
    }
}

/// A question to one table.
public struct TableQuery: Sendable {
    public enum Filter: Hashable, Sendable {
        case equals(String, TableValue)
        /// One of several columns has the value.
        case anyEquals([String], TableValue)
        /// The column has one of the values; none when there are none.
        case isOneOf(String, [TableValue])
        case atLeast(String, Int64)
        case below(String, Int64)
        case isNull(String)
        case isNotNull(String)
    }

    public var table: Table
    public var filters: [Filter]
    /// The integer column that orders the rows, the largest first.
    public var order: String
    /// Only rows below this value of the order column: where the last page ended.
    public var before: Int64?
    public var limit: Int

    public init(_ table: Table, filters: [Filter] = [], order: String, before: Int64? = nil, limit: Int) {
        (self.table, self.filters, self.order) = (table, filters, order)
        (self.before, self.limit) = (before, limit)
    }
}
