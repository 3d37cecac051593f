import CPostgres
import Crypto
import Storage

/// The rows of an answer in binary format; valid as long as it lives.
@safe struct PostgresRows: ~Copyable {
    private let result: OpaquePointer

    /// Takes over a result of libpq.
    init(owning result: OpaquePointer) { unsafe self.result = result }

    deinit { unsafe PQclear(result) }

    var count: Int { Int(unsafe PQntuples(result)) }

    /// How many rows a statement inserted or changed.
    var changed: Int { Int(unsafe String(cString: PQcmdTuples(result))) ?? 0 }

    func isNull(_ row: Int, _ column: Int) -> Bool { unsafe PQgetisnull(result, Int32(row), Int32(column)) == 1 }

    /// A number of 2, 4 or 8 bytes.
    func integer(_ row: Int, _ column: Int) -> Int64 {
        withBytes(row, column, Self.integer)
    }

    /// A number of 2, 4 or 8 bytes, as the server sends it.
    static func integer(_ bytes: Span<UInt8>) -> Int64 {
        var number: Int64 = 0
        for position in bytes.indices { number = number << 8 | Int64(bytes[position]) }
        return switch bytes.count {
        case 2: Int64(Int16(truncatingIfNeeded: number))
        case 4: Int64(Int32(truncatingIfNeeded: number))
        default: number
        }
    }

    func flag(_ row: Int, _ column: Int) -> Bool { withBytes(row, column) { $0.count == 1 && $0[0] != 0 } }

    func text(_ row: Int, _ column: Int) -> String { String(decoding: bytes(row, column), as: UTF8.self) }

    func bytes(_ row: Int, _ column: Int) -> [UInt8] { withBytes(row, column) { [UInt8]($0) } }

    /// Lends the bytes of a value.
    func withBytes<Value>(_ row: Int, _ column: Int, _ body: (Span<UInt8>) -> Value) -> Value {
        let start = unsafe PQgetvalue(result, Int32(row), Int32(column))
        let count = Int(unsafe PQgetlength(result, Int32(row), Int32(column)))
        let buffer = unsafe UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : count)
        return unsafe body(buffer.bindMemory(to: UInt8.self).span)
    }
}
