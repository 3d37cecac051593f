/// Walks UTF-8 bytes once, front to back; the state is a position, so that the bytes can stay borrowed.
struct JSONParser {
    /// Which spellings are accepted.
    enum Mode {
        /// Only the bytes that the canonical writer would write.
        case canonical
        /// What RFC 8259 allows, except duplicate keys and keys that are not ASCII.
        case relaxed
    }

    private let mode: Mode
    private(set) var position = 0

    init(_ mode: Mode) { self.mode = mode }

    /// Reads one value and requires that nothing follows; `keeping` names the members of the outermost object to build,
    /// the others are only checked.
    mutating func parseDocument(
        _ bytes: borrowing Span<UInt8>, keeping: Set<String>? = nil
    ) throws(JSONError) -> JSONValue {
        skipSpace(bytes)
        let value: JSONValue
        if let keeping {
            guard try peek(bytes) == UInt8(ascii: "{") else { throw JSONError(.unexpectedByte, at: position) }
            value = try parseObject(bytes, depth: 1, keeping: keeping)
        } else {
            value = try parseValue(bytes, depth: 1, building: true)
        }
        skipSpace(bytes)
        guard position == bytes.count else { throw JSONError(.trailingBytes, at: position) }
        return value
    }

    mutating func parseValue(
        _ bytes: borrowing Span<UInt8>, depth: Int, building: Bool
    ) throws(JSONError) -> JSONValue {
        switch try peek(bytes) {
        case UInt8(ascii: "{"): return try parseObject(bytes, depth: depth, keeping: building ? nil : [])
        case UInt8(ascii: "["): return try parseArray(bytes, depth: depth, building: building)
        case UInt8(ascii: "\""): return .string(try parseString(bytes, building: building))
        case UInt8(ascii: "t"):
            try expect("true", bytes)
            return .bool(true)
        case UInt8(ascii: "f"):
            try expect("false", bytes)
            return .bool(false)
        case UInt8(ascii: "n"):
            try expect("null", bytes)
            return .null
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try parseNumber(bytes)
        default: throw JSONError(.unexpectedByte, at: position)
        }
    }

    private mutating func parseArray(
        _ bytes: borrowing Span<UInt8>, depth: Int, building: Bool
    ) throws(JSONError) -> JSONValue {
        guard depth <= JSONValue.maximumDepth else { throw JSONError(.depth, at: position) }
        position += 1
        var elements: [JSONValue] = []
        skipSpace(bytes)
        if try accept("]", bytes) { return .array(elements) }
        while true {
            skipSpace(bytes)
            let element = try parseValue(bytes, depth: depth + 1, building: building)
            if building { elements.append(element) }
            skipSpace(bytes)
            if try accept("]", bytes) { return .array(elements) }
            guard try accept(",", bytes) else { throw JSONError(.unexpectedByte, at: position) }
        }
    }

    private mutating func parseObject(
        _ bytes: borrowing Span<UInt8>, depth: Int, keeping: Set<String>?
    ) throws(JSONError) -> JSONValue {
        guard depth <= JSONValue.maximumDepth else { throw JSONError(.depth, at: position) }
        position += 1
        skipSpace(bytes)
        if try accept("}", bytes) { return .object([:]) }
        var members: [JSONObject.Element] = []
        members.reserveCapacity(keeping?.count ?? 8)
        var previous: Key?
        var seen: Set<String> = []
        while true {
            skipSpace(bytes)
            let start = position
            let key = try parseKey(bytes)
            if mode == .canonical, let previous, !Key.areAscending(previous, key, bytes) {
                throw JSONError(previous.text(bytes) == key.text(bytes) ? .duplicateKey : .keyOrder, at: start)
            }
            if mode == .relaxed, !seen.insert(key.text(bytes)).inserted { throw JSONError(.duplicateKey, at: start) }
            previous = key
            skipSpace(bytes)
            guard try accept(":", bytes) else { throw JSONError(.unexpectedByte, at: position) }
            skipSpace(bytes)
            let building = keeping.map { !$0.isEmpty && $0.contains(key.text(bytes)) } ?? true
            let value = try parseValue(bytes, depth: depth + 1, building: building)
            if building { members.append((key.text(bytes), value)) }
            skipSpace(bytes)
            if try accept("}", bytes) {
                if mode == .relaxed { members.sort { $0.key < $1.key } }
                return .object(JSONObject(ascending: members))
            }
            guard try accept(",", bytes) else { throw JSONError(.unexpectedByte, at: position) }
        }
    }

    // MARK: Keys

    /// A key where it stands; only one that has escapes is built.
    private struct Key {
        let place: Range<Int>
        let unescaped: String?

        func text(_ bytes: borrowing Span<UInt8>) -> String {
            if let unescaped { return unescaped }
            return unsafe bytes.extracting(place).withUnsafeBufferPointer { unsafe String(decoding: $0, as: UTF8.self) }
        }

        static func areAscending(_ one: Key, _ other: Key, _ bytes: borrowing Span<UInt8>) -> Bool {
            guard one.unescaped == nil, other.unescaped == nil else { return one.text(bytes) < other.text(bytes) }
            for (left, right) in zip(one.place, other.place) where bytes[left] != bytes[right] {
                return bytes[left] < bytes[right]
            }
            return one.place.count < other.place.count
        }
    }

    /// Reads a string of ASCII characters.
    private mutating func parseKey(_ bytes: borrowing Span<UInt8>) throws(JSONError) -> Key {
        let start = position
        guard try peek(bytes) == UInt8(ascii: "\"") else { throw JSONError(.unexpectedByte, at: start) }
        position += 1
        while position < bytes.count, (0x20..<0x80).contains(bytes[position]), bytes[position] != UInt8(ascii: "\\") {
            position += 1
            guard bytes[position - 1] == UInt8(ascii: "\"") else { continue }
            return Key(place: start + 1..<position - 1, unescaped: nil)
        }
        position = start
        let text = try parseString(bytes, building: true)
        guard text.utf8.allSatisfy({ $0 < 0x80 }) else { throw JSONError(.key, at: start) }
        return Key(place: start + 1..<position - 1, unescaped: text)
    }

    /// Steps over the next key, when it is this one, and all that stands around it in canonical JSON.
    mutating func skipKey(_ key: String, isFirst: Bool, _ bytes: borrowing Span<UInt8>) -> Bool {
        let start = position + (isFirst ? 1 : 2)
        let key = key.utf8Span.span
        let end = start + key.count
        guard end + 1 < bytes.count, isFirst || bytes[position] == UInt8(ascii: ","),
            bytes[start - 1] == UInt8(ascii: "\""), bytes[end] == UInt8(ascii: "\""),
            bytes[end + 1] == UInt8(ascii: ":")
        else { return false }
        for place in 0..<key.count where bytes[start + place] != key[place] { return false }
        position = end + 2
        return true
    }

    // MARK: Strings

    /// Reads a string; one that is not to be built is only checked, and given as "".
    private mutating func parseString(
        _ bytes: borrowing Span<UInt8>, building: Bool
    ) throws(JSONError) -> String {
        position += 1
        let start = position
        skipPlain(bytes)
        switch try peek(bytes) {
        case UInt8(ascii: "\""):
            let text = try validated(bytes, start..<position, building: building)
            position += 1
            return text
        case UInt8(ascii: "\\"): return try parseEscapedString(bytes, start: start, building: building)
        default: throw JSONError(.unexpectedByte, at: position)
        }
    }

    /// Steps over bytes that are neither quotes nor backslashes nor control characters.
    private mutating func skipPlain(_ bytes: borrowing Span<UInt8>) {
        while position + 8 <= bytes.count {
            let word = unsafe bytes.bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: position, as: UInt64.self)
                .littleEndian
            let special =
                ByteMarks.equal(to: UInt8(ascii: "\""), in: word) | ByteMarks.equal(to: UInt8(ascii: "\\"), in: word)
                | ByteMarks.below(0x20, in: word)
            guard special == 0 else { return position += special.trailingZeroBitCount / 8 }
            position += 8
        }
        while position < bytes.count, bytes[position] >= 0x20, bytes[position] != UInt8(ascii: "\""),
            bytes[position] != UInt8(ascii: "\\")
        {
            position += 1
        }
    }

    /// Goes on from the first backslash of a string.
    private mutating func parseEscapedString(
        _ bytes: borrowing Span<UInt8>, start: Int, building: Bool
    ) throws(JSONError) -> String {
        var text = try validated(bytes, start..<position, building: building)
        while true {
            let run = position
            skipPlain(bytes)
            guard try peek(bytes) >= 0x20 else { throw JSONError(.unexpectedByte, at: position) }
            text += try validated(bytes, run..<position, building: building)
            if try accept("\"", bytes) { return text }
            let scalar = try parseEscape(bytes)
            if building { text.unicodeScalars.append(scalar) }
        }
    }

    private func validated(
        _ bytes: borrowing Span<UInt8>, _ range: Range<Int>, building: Bool
    ) throws(JSONError) -> String {
        do {
            let text = try UTF8Span(validating: bytes.extracting(range))
            return building ? String(copying: text) : ""
        } catch { throw JSONError(.encoding, at: range.lowerBound) }
    }

    private mutating func parseEscape(_ bytes: borrowing Span<UInt8>) throws(JSONError) -> Unicode.Scalar {
        let start = position
        position += 1
        let letter = try peek(bytes)
        position += 1
        switch letter {
        case UInt8(ascii: "\""): return "\""
        case UInt8(ascii: "\\"): return "\\"
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "/") where mode == .relaxed: return "/"
        case UInt8(ascii: "u"): return try parseUnicodeEscape(bytes, start: start)
        default: throw JSONError(.escape, at: start)
        }
    }

    private mutating func parseUnicodeEscape(
        _ bytes: borrowing Span<UInt8>, start: Int
    ) throws(JSONError) -> Unicode.Scalar {
        let unit = try parseHexadecimal(bytes, start: start)
        if mode == .canonical {
            // RFC 8785 writes \u only for control characters without a letter of their own.
            guard unit < 0x20, CanonicalEscape.letter(for: UInt8(unit)) == nil else {
                throw JSONError(.escape, at: start)
            }
        }
        if let scalar = Unicode.Scalar(unit) { return scalar }
        guard unit < 0xDC00, position + 1 < bytes.count, bytes[position] == UInt8(ascii: "\\"),
            bytes[position + 1] == UInt8(ascii: "u")
        else { throw JSONError(.encoding, at: start) }
        position += 2
        let low = try parseHexadecimal(bytes, start: start)
        guard (0xDC00...0xDFFF).contains(low),
            let scalar = Unicode.Scalar(0x10000 + (UInt32(unit) - 0xD800) << 10 + UInt32(low) - 0xDC00)
        else { throw JSONError(.encoding, at: start) }
        return scalar
    }

    private mutating func parseHexadecimal(
        _ bytes: borrowing Span<UInt8>, start: Int
    ) throws(JSONError) -> UInt16 {
        var unit: UInt16 = 0
        for _ in 0..<4 {
            let digit: UInt8
            let byte = try peek(bytes)
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F") where mode == .relaxed: digit = byte - UInt8(ascii: "A") + 10
            default: throw JSONError(.escape, at: start)
            }
            unit = unit << 4 | UInt16(digit)
            position += 1
        }
        return unit
    }

    // MARK: Numbers

    private mutating func parseNumber(_ bytes: borrowing Span<UInt8>) throws(JSONError) -> JSONValue {
        let start = position
        let isNegative = bytes[position] == UInt8(ascii: "-")
        if isNegative { position += 1 }
        let digits = position
        var magnitude: Int64? = 0
        while position < bytes.count, Self.isDigit(bytes[position]) {
            // Beyond 2^53 the value no longer matters, so it stops growing before it could overflow.
            magnitude = magnitude.flatMap { $0 > JSONValue.integers.upperBound ? nil : $0 * 10 }
                .map { $0 + Int64(bytes[position] - UInt8(ascii: "0")) }
            position += 1
        }
        guard position > digits, position == digits + 1 || bytes[digits] != UInt8(ascii: "0") else {
            throw JSONError(.number, at: start)
        }
        let isInteger = try skipFractionAndExponent(bytes, start: start)
        if isInteger, let magnitude, magnitude <= JSONValue.integers.upperBound, !(isNegative && magnitude == 0) {
            return .integer(isNegative ? -magnitude : magnitude)
        }
        guard mode == .relaxed else { throw JSONError(.number, at: start) }
        return .string(try validated(bytes, start..<position, building: true))
    }

    /// - Returns: whether there was neither.
    private mutating func skipFractionAndExponent(
        _ bytes: borrowing Span<UInt8>, start: Int
    ) throws(JSONError) -> Bool {
        let integerEnd = position
        if position < bytes.count, bytes[position] == UInt8(ascii: ".") {
            position += 1
            try skipDigits(bytes, start: start)
        }
        if position < bytes.count, bytes[position] | 0x20 == UInt8(ascii: "e") {
            position += 1
            if position < bytes.count, bytes[position] == UInt8(ascii: "+") || bytes[position] == UInt8(ascii: "-") {
                position += 1
            }
            try skipDigits(bytes, start: start)
        }
        return position == integerEnd
    }

    /// Skips at least one digit.
    private mutating func skipDigits(_ bytes: borrowing Span<UInt8>, start: Int) throws(JSONError) {
        let first = position
        while position < bytes.count, Self.isDigit(bytes[position]) { position += 1 }
        guard position > first else { throw JSONError(.number, at: start) }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }

    // MARK: Tokens

    private func peek(_ bytes: borrowing Span<UInt8>) throws(JSONError) -> UInt8 {
        guard position < bytes.count else { throw JSONError(.truncated, at: position) }
        return bytes[position]
    }

    /// Steps over the byte if it stands here.
    mutating func accept(_ scalar: Unicode.Scalar, _ bytes: borrowing Span<UInt8>) throws(JSONError) -> Bool {
        guard try peek(bytes) == UInt8(truncatingIfNeeded: scalar.value) else { return false }
        position += 1
        return true
    }

    private mutating func expect(_ word: String, _ bytes: borrowing Span<UInt8>) throws(JSONError) {
        let start = position
        for byte in word.utf8 {
            guard try peek(bytes) == byte else { throw JSONError(.unexpectedByte, at: start) }
            position += 1
        }
    }

    private mutating func skipSpace(_ bytes: borrowing Span<UInt8>) {
        guard mode == .relaxed else { return }
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x09, 0x0A, 0x0D: position += 1
            default: return
            }
        }
    }
}
