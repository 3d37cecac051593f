/// Finds the members of objects in canonical JSON without building values.
///
/// For bytes that are known to be canonical: of others it finds something or nothing, within bounds.
public enum CanonicalMembers {
    /// Calls `body` with the range of each key (without quotes) and value of the object at the start of a range.
    public static func forEach(
        in bytes: Span<UInt8>, _ range: Range<Int>, _ body: (_ key: Range<Int>, _ value: Range<Int>) -> Void
    ) {
        var position = range.lowerBound
        guard position < range.upperBound, bytes[position] == UInt8(ascii: "{") else { return }
        position += 1
        while position < range.upperBound, bytes[position] == UInt8(ascii: "\"") {
            let keyEnd = end(ofString: position, in: bytes, range.upperBound)
            guard keyEnd < range.upperBound, bytes[keyEnd] == UInt8(ascii: ":") else { return }
            let valueEnd = end(ofValue: keyEnd + 1, in: bytes, range.upperBound)
            body(position + 1..<keyEnd - 1, keyEnd + 1..<valueEnd)
            guard valueEnd < range.upperBound, bytes[valueEnd] == UInt8(ascii: ",") else { return }
            position = valueEnd + 1
        }
    }

    /// Calls `body` with the range of each key (without quotes) and value of the object that a range is, the last one first,
    /// until it answers false.
    ///
    /// For members near the end of long objects. A quote begins a string, seen from its end, when the backslashes before it
    /// are even in number.
    public static func forEachFromEnd(
        in bytes: Span<UInt8>, _ range: Range<Int>, _ body: (_ key: Range<Int>, _ value: Range<Int>) -> Bool
    ) {
        let first = range.lowerBound + 1
        guard range.count >= 2, bytes[range.lowerBound] == UInt8(ascii: "{"),
            bytes[range.upperBound - 1] == UInt8(ascii: "}")
        else { return }
        var end = range.upperBound - 1
        while true {
            let value = start(ofValue: end, in: bytes, first)
            guard value >= first + 3, bytes[value - 1] == UInt8(ascii: ":"), bytes[value - 2] == UInt8(ascii: "\"")
            else {
                return
            }
            let key = start(ofString: value - 1, in: bytes, first)
            guard key + 1 <= value - 2, body(key + 1..<value - 2, value..<end) else { return }
            guard key > first, bytes[key - 1] == UInt8(ascii: ",") else { return }
            end = key - 1
        }
    }

    /// Calls `body` with the range of each element of the array at the start of a range.
    public static func forEachElement(in bytes: Span<UInt8>, _ range: Range<Int>, _ body: (Range<Int>) -> Void) {
        var position = range.lowerBound
        guard position < range.upperBound, bytes[position] == UInt8(ascii: "[") else { return }
        position += 1
        while position < range.upperBound, bytes[position] != UInt8(ascii: "]") {
            let end = end(ofValue: position, in: bytes, range.upperBound)
            body(position..<end)
            guard end < range.upperBound, bytes[end] == UInt8(ascii: ",") else { return }
            position = end + 1
        }
    }

    /// Whether a range holds exactly this text.
    public static func isEqual(_ bytes: Span<UInt8>, _ range: Range<Int>, _ text: StaticString) -> Bool {
        guard range.count == text.utf8CodeUnitCount else { return false }
        return text.withUTF8Buffer { text in
            for position in 0..<text.count where unsafe text[position] != bytes[range.lowerBound + position] {
                return false
            }
            return true
        }
    }

    private static func end(ofValue start: Int, in bytes: Span<UInt8>, _ limit: Int) -> Int {
        precondition(limit <= bytes.count, "the range is within the bytes")
        var (position, depth) = (start, 0)
        while position < limit {
            switch unsafe bytes[unchecked: position] {  // checked by the loop
            case UInt8(ascii: "\""):
                position = end(ofString: position, in: bytes, limit)
                if depth == 0 { return position }
                continue
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                if depth == 0 { return position }
                depth -= 1
                if depth == 0 { return position + 1 }
            case UInt8(ascii: ","): if depth == 0 { return position }
            default: break
            }
            position += 1
        }
        return limit
    }

    /// One beyond the closing quote.
    private static func end(ofString start: Int, in bytes: Span<UInt8>, _ limit: Int) -> Int {
        precondition(limit <= bytes.count, "the range is within the bytes")
        var position = start + 1
        while position + 8 <= limit {
            let word = unsafe bytes.bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: position, as: UInt64.self)
                .littleEndian
            let found =
                ByteMarks.equal(to: UInt8(ascii: "\""), in: word) | ByteMarks.equal(to: UInt8(ascii: "\\"), in: word)
            position += found == 0 ? 8 : found.trailingZeroBitCount / 8
            guard found != 0 else { continue }
            guard unsafe bytes[unchecked: position] != UInt8(ascii: "\"") else { return position + 1 }
            position += 2
        }
        while position < limit {
            switch bytes[position] {
            case UInt8(ascii: "\""): return position + 1
            case UInt8(ascii: "\\"): position += 2
            default: position += 1
            }
        }
        return limit
    }

    /// Where the value begins that ends before `end`.
    private static func start(ofValue end: Int, in bytes: Span<UInt8>, _ limit: Int) -> Int {
        var (position, depth) = (end, 0)
        while position > limit {
            switch bytes[position - 1] {
            case UInt8(ascii: "\""):
                position = start(ofString: position, in: bytes, limit)
                if depth == 0 { return position }
                continue
            case UInt8(ascii: "}"), UInt8(ascii: "]"): depth += 1
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth -= 1
                if depth <= 0 { return position - 1 }
            case UInt8(ascii: ":"): if depth == 0 { return position }
            default: break
            }
            position -= 1
        }
        return limit
    }

    /// Where the opening quote stands of the string that ends before `end`, with its quote.
    private static func start(ofString end: Int, in bytes: Span<UInt8>, _ limit: Int) -> Int {
        precondition(limit >= 0 && end <= bytes.count, "the range is within the bytes")
        var position = end - 1
        while position > limit {
            if position - 8 >= limit {
                let word = unsafe bytes.bytes
                    .unsafeLoadUnaligned(fromUncheckedByteOffset: position - 8, as: UInt64.self).littleEndian
                let found = ByteMarks.exactlyEqual(to: UInt8(ascii: "\""), in: word)
                position -= found.leadingZeroBitCount / 8
                guard found != 0 else { continue }
            }
            position -= 1
            guard bytes[position] == UInt8(ascii: "\"") else { continue }
            var escape = position
            while escape > limit, bytes[escape - 1] == UInt8(ascii: "\\") { escape -= 1 }
            guard (position - escape).isMultiple(of: 2) else { continue }
            return position
        }
        return limit
    }
}
