/// Looks at the eight bytes of a word at once, and marks some by their highest bit (Bit Twiddling Hacks, Mycroft's test).
enum ByteMarks {
    private static let ones: UInt64 = 0x0101_0101_0101_0101
    private static let highs: UInt64 = 0x8080_8080_8080_8080

    /// The bytes that are this one; only the lowest mark is certain.
    static func equal(to byte: UInt8, in word: UInt64) -> UInt64 { below(1, in: word ^ (ones &* UInt64(byte))) }

    /// The bytes that are this one, every mark certain.
    static func exactlyEqual(to byte: UInt8, in word: UInt64) -> UInt64 {
        let difference = word ^ (ones &* UInt64(byte))
        return ~((difference & ~highs &+ ~highs) | difference) & highs
    }

    /// The bytes below this one, which is at most 128; only the lowest mark is certain.
    static func below(_ byte: UInt8, in word: UInt64) -> UInt64 { (word &- ones &* UInt64(byte)) & ~word & highs }
}
