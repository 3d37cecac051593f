/// A SHA-256 value: 32 bytes, stored inline, ordered as bytes.
public struct Digest: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// How many bytes a digest has.
    public static let count = 32

    /// 32 zero bytes.
    public static let zero = Digest()

    /// The bytes as four big-endian words, so that comparing words compares bytes.
    private var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

    private init() {}

    /// Takes 32 bytes; nil when there are more or fewer.
    public init?(bytes: Span<UInt8>) {
        guard bytes.count == Self.count else { return nil }
        func word(_ number: Int) -> UInt64 {
            unsafe bytes.bytes.unsafeLoadUnaligned(fromByteOffset: 8 * number, as: UInt64.self).bigEndian
        }
        words = (word(0), word(1), word(2), word(3))
    }

    /// Takes 32 bytes; nil when there are more or fewer.
    public init?(bytes: [UInt8]) { self.init(bytes: bytes.span) }

    /// Takes 64 hexadecimal digits of either case; nil otherwise.
    public init?(hex: String) {
        guard let bytes = Hex.decode(hex) else { return nil }
        self.init(bytes: bytes)
    }

    /// Takes 64 hexadecimal digits of either case, as they stand among other bytes; nil otherwise.
    public init?(hexDigits digits: Span<UInt8>) {
        guard digits.count == 2 * Self.count else { return nil }
        // Without a branch for each digit: a long log is verified by the million of these.
        var words = InlineArray<4, UInt64>(repeating: 0)
        var invalid: UInt8 = 0
        let values = Hex.values
        for position in 0..<2 * Self.count {
            let value = values[Int(digits[position])]
            invalid |= value
            words[position / 16] = words[position / 16] << 4 | UInt64(value & 0x0F)
        }
        guard invalid < 0x10 else { return nil }
        self.words = (words[0], words[1], words[2], words[3])
    }

    /// Lets `fill` write the 32 bytes.
    init(filledBy fill: (UnsafeMutableRawBufferPointer) -> Void) {
        unsafe withUnsafeMutableBytes(of: &words, fill)
        words = (words.0.bigEndian, words.1.bigEndian, words.2.bigEndian, words.3.bigEndian)
    }

    /// The 32 bytes, as an array of their own.
    public var bytes: [UInt8] {
        unsafe withRawBytes { unsafe Array($0) }
    }

    /// The bytes as 64 lower-case hexadecimal digits.
    public var hex: String { Hex.encode(bytes) }

    public var description: String { hex }

    /// Lends the 32 bytes without an array.
    public func withBytes<Result, Failure: Error>(
        _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let ordered = InlineArray<32, UInt8> { position in
            let word = position < 16 ? (position < 8 ? words.0 : words.1) : (position < 24 ? words.2 : words.3)
            return UInt8(truncatingIfNeeded: word >> UInt64(56 - 8 * (position % 8)))
        }
        return try body(ordered.span)
    }

    /// Appends the 32 bytes to a buffer.
    public func append(to bytes: inout [UInt8]) {
        unsafe withRawBytes { unsafe bytes.append(contentsOf: $0) }
    }

    func withRawBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        let ordered = (words.0.bigEndian, words.1.bigEndian, words.2.bigEndian, words.3.bigEndian)
        return unsafe withUnsafeBytes(of: ordered, body)
    }

    public static func == (left: Self, right: Self) -> Bool { left.words == right.words }

    public static func < (left: Self, right: Self) -> Bool { left.words < right.words }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(words.0)
        hasher.combine(words.1)
        hasher.combine(words.2)
        hasher.combine(words.3)
    }
}
