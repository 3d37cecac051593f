import Storage

/// Rows for `COPY … FROM STDIN (FORMAT binary)` (PostgreSQL documentation, COPY, "Binary Format").
struct CopyRows {
    /// Signature, flags and the length of an extension that is not there.
    private static let header: [UInt8] =
        Array("PGCOPY\n".utf8) + [0xff, 0x0d, 0x0a, 0] + [UInt8](repeating: 0, count: 8)
    private static let trailer: [UInt8] = [0xff, 0xff]
    /// How many bytes are sent at once.
    private static let piece = 1 << 18

    private var bytes = Self.header

    /// Whether there is enough to be sent.
    var isPieceFull: Bool { bytes.count >= Self.piece }

    /// Hands over what is to be sent next, with the end of all rows when these are the last.
    mutating func take(isLast: Bool = false) -> [UInt8] {
        if isLast { bytes += Self.trailer }
        defer { bytes.removeAll(keepingCapacity: true) }
        return bytes
    }

    /// Begins a row of so many values, which are added next.
    mutating func begin(_ columns: Int) { add(Int16(columns).bigEndian) }

    /// A number, in the width of the column's type.
    mutating func integer<Number: FixedWidthInteger>(_ number: Number) {
        add(Int32(Number.bitWidth / 8).bigEndian)
        add(number.bigEndian)
    }

    mutating func flag(_ flag: Bool) {
        add(Int32(1).bigEndian)
        bytes.append(flag ? 1 : 0)
    }

    mutating func text(_ text: String) {
        add(Int32(text.utf8.count).bigEndian)
        bytes.append(contentsOf: text.utf8)
    }

    mutating func bytes(_ value: [UInt8]) {
        add(Int32(value.count).bigEndian)
        bytes.append(contentsOf: value)
    }

    mutating func null() { add(Int32(-1).bigEndian) }

    /// A row of a projection's table.
    mutating func row(_ values: [TableValue]) {
        begin(values.count)
        for place in values.indices {
            switch values[place] {
            case .null: null()
            case .integer(let number): integer(number)
            case .text(let text): self.text(text)
            }
        }
    }

    private mutating func add<Number: FixedWidthInteger>(_ number: Number) {
        unsafe withUnsafeBytes(of: number) { unsafe bytes.append(contentsOf: $0) }
    }
}
