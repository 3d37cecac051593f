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
            case .null: addNull()
            case .integer(let number): add(number)
            case .text(let text): add(text: text.utf8Span.span)
            }
        }
        endRow()
    }

    /// Adds the next value of a row, which is null.
    public mutating func addNull() { buffer.append(0) }

    /// Adds the next value of a row, a number.
    public mutating func add(_ number: Int64) {
        buffer.append(1)
        append(UInt64(bitPattern: number))
    }

    /// Adds the next value of a row, a text.
    public mutating func add(text: Span<UInt8>) {
        buffer.append(2)
        append(UInt64(text.count))
        unsafe text.withUnsafeBufferPointer { unsafe buffer.append(contentsOf: $0) }
    }

    public mutating func endRow() {
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

    private mutating func append(_ number: UInt64) {
        unsafe withUnsafeBytes(of: number.bigEndian) { unsafe buffer.append(contentsOf: $0) }
    }
}
