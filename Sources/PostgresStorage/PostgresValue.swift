import Crypto
import Storage

/// A value that goes to the server, in its binary format.
enum PostgresValue {
    /// Of the type of the column that it goes to.
    case null(Table.Column.Kind)
    case absent
    case integer(Int64)
    case text(String)
    case bytes([UInt8])
    case flag(Bool)
    case integers([Int64])
    case texts([String])
    case byteArrays([[UInt8]])
    case flags([Bool])
    case column([TableValue], Table.Column.Kind)

    /// One value of a table.
    static func one(_ value: TableValue, _ kind: Table.Column.Kind) -> PostgresValue {
        switch value {
        case .null: .null(kind)
        case .integer(let number): .integer(number)
        case .text(let text): .text(text)
        }
    }

    init(_ value: TableValue) { self = .one(value, .text) }

    /// Values of one column to look for.
    static func list(_ values: [TableValue]) -> PostgresValue {
        .column(values, values.contains { $0.integer != nil } ? .integer : .text)
    }

    /// The type's number in pg_type; 0 lets the server infer it.
    var type: UInt32 {
        switch self {
        case .absent: 0
        case .null(.integer), .integer: 20
        case .null(.text), .text: 25
        case .bytes: 17
        case .flag: 16
        case .integers, .column(_, .integer): 1016
        case .texts, .column(_, .text): 1009
        case .byteArrays: 1001
        case .flags: 1000
        }
    }

    /// The bytes on the wire; nil for null.
    var encoded: [UInt8]? {
        switch self {
        case .null, .absent: nil
        case .integer(let number): Self.bigEndian(number)
        case .text(let text): Array(text.utf8)
        case .bytes(let bytes): bytes
        case .flag(let flag): [flag ? 1 : 0]
        case .integers(let list): Self.array(list.map(Self.bigEndian), of: 20)
        case .texts(let list): Self.array(list.map { Array($0.utf8) }, of: 25)
        case .byteArrays(let list): Self.array(list, of: 17)
        case .flags(let list): Self.array(list.map { [$0 ? 1 : 0] }, of: 16)
        case .column(let list, let kind):
            Self.array(
                list.map { value in
                    switch value {
                    case .null: nil
                    case .integer(let number): Self.bigEndian(number)
                    case .text(let text): Array(text.utf8)
                    }
                }, of: kind == .integer ? 20 : 25)
        }
    }

    /// One dimension: dimensions, whether there are nulls, element type, length, lower bound, then each element with its
    /// length, which is -1 for null.
    private static func array(_ elements: [[UInt8]?], of type: Int32) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(elements.reduce(20) { $0 + 4 + ($1?.count ?? 0) })
        let hasNulls: Int32 = elements.contains { $0 == nil } ? 1 : 0
        for number in [elements.isEmpty ? 0 : 1, hasNulls, type] { bytes += bigEndian(number) }
        guard !elements.isEmpty else { return bytes }
        bytes += bigEndian(Int32(elements.count)) + bigEndian(Int32(1))
        for element in elements {
            bytes += bigEndian(element.map { Int32($0.count) } ?? -1)
            bytes += element ?? []
        }
        return bytes
    }

    private static func bigEndian<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
        (0..<Number.bitWidth / 8).reversed().map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) }
    }
}
