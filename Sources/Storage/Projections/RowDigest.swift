public import Crypto

/// Digests the rows of a projection's tables, the same way in every store.
///
/// Bytes: for each table its name and a zero byte, then for each row in key order and each value a kind byte (0 null,
/// 1 integer, 2 text), the integer as 8 bytes big-endian, or the text's length as 8 bytes big-endian and its UTF-8.
public struct RowDigest: ~Copyable {
    private var hasher = SHA256Hasher()
    private var buffer: [UInt8] = []
    public private(set) var rows = 0

    public init() {}

    public mutating func begin(_ table: String) { buffer += Array(table.utf8) + [0] }

    public mutating func add(_ row: some Sequence<TableValue>) {
        for value in row {
            switch value {
            case .null: buffer.append(0)
            case .integer(let number):
                buffer.append(1)
                appendBigEndian(UInt64(bitPattern: number))
            case .text(let text):
                buffer.append(2)
                appendBigEndian(UInt64(text.utf8.count))
                buffer.append(contentsOf: text.utf8)
            }
        }
        rows += 1
        if buffer.count > 1 << 16 { flush() }
    }

    public mutating func finish() -> Digest {
        flush()
        return hasher.finalize()
    }

    private mutating func flush() {
        hasher.update(buffer)
        buffer.removeAll(keepingCapacity: true)
    }

    private mutating func appendBigEndian(_ number: UInt64) {
        for shift in stride(from: 56, through: 0, by: -8) {
            buffer.append(UInt8(truncatingIfNeeded: number >> UInt64(shift)))
        }
    }
}
