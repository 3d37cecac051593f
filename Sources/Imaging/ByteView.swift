/// A part of a file, read by offsets that may point anywhere.
struct ByteView {
    let bytes: [UInt8]
    let range: Range<Int>
    var isBigEndian: Bool

    /// The part of this view at `part`, or `nil` when it is not all there.
    func part(_ part: Range<Int>) -> ByteView? {
        guard part.lowerBound >= 0, part.upperBound <= range.count else { return nil }
        let lower = range.lowerBound
        return ByteView(
            bytes: bytes, range: lower + part.lowerBound..<lower + part.upperBound, isBigEndian: isBigEndian)
    }

    func byte(at offset: Int) -> UInt8? {
        offset >= 0 && offset < range.count ? bytes[range.lowerBound + offset] : nil
    }

    func uint16(at offset: Int) -> Int? {
        guard let first = byte(at: offset), let second = byte(at: offset + 1) else { return nil }
        return isBigEndian ? Int(first) << 8 | Int(second) : Int(second) << 8 | Int(first)
    }

    func uint32(at offset: Int) -> Int? {
        guard let first = uint16(at: offset), let second = uint16(at: offset + 2) else { return nil }
        return isBigEndian ? first << 16 | second : second << 16 | first
    }

    func starts(with prefix: [UInt8]) -> Bool { bytes[range].starts(with: prefix) }
}
