/// A zip archive made or taken apart by hand, so that tests can put anything into it.
struct ArchiveWriter {
    struct Member {
        var name: String
        var bytes: [UInt8]
        /// Deflate stream to store instead of the bytes, and the sizes and checksum to claim for it.
        var deflated: (stream: [UInt8], claimedSize: Int, checksum: UInt32)?
    }
    var members: [Member] = []

    init() {}

    /// Takes apart an archive of stored members, as Keras writes them.
    init(_ archive: [UInt8]) {
        func number(_ offset: Int, _ width: Int) -> Int {
            (0..<width).reduce(0) { $0 | Int(archive[offset + $1]) << (8 * $1) }
        }
        var offset = 0
        while number(offset, 4) == 0x0403_4B50 {
            let (size, name, extra) = (number(offset + 18, 4), number(offset + 26, 2), number(offset + 28, 2))
            let start = offset + 30 + name + extra
            let text = String(decoding: archive[offset + 30..<offset + 30 + name], as: UTF8.self)
            members.append(Member(name: text, bytes: Array(archive[start..<start + size])))
            offset = start + size
        }
    }

    subscript(name: String) -> [UInt8] {
        get { members.first { $0.name == name }?.bytes ?? [] }
        set {
            members.removeAll { $0.name == name }
            members.append(Member(name: name, bytes: newValue))
        }
    }

    /// The archive's bytes (PKWARE's APPNOTE, sections 4.3.7, 4.3.12 and 4.3.16).
    var archive: [UInt8] {
        var (file, directory): ([UInt8], [UInt8]) = ([], [])
        for member in members {
            let stored = member.deflated?.stream ?? member.bytes
            let size = member.deflated?.claimedSize ?? member.bytes.count
            let common =
                littleEndian(20, 2) + littleEndian(0, 2) + littleEndian(member.deflated == nil ? 0 : 8, 2)
                + littleEndian(0, 4) + littleEndian(Int(member.deflated?.checksum ?? Self.checksum(member.bytes)), 4)
                + littleEndian(stored.count, 4) + littleEndian(size, 4) + littleEndian(member.name.utf8.count, 2)
                + littleEndian(0, 2)
            directory +=
                littleEndian(0x0201_4B50, 4) + littleEndian(20, 2) + common + littleEndian(0, 2)
                + littleEndian(0, 2) + littleEndian(0, 2) + littleEndian(0, 4) + littleEndian(file.count, 4)
                + Array(member.name.utf8)
            file += littleEndian(0x0403_4B50, 4) + common + Array(member.name.utf8) + stored
        }
        let end =
            littleEndian(0x0605_4B50, 4) + littleEndian(0, 4) + littleEndian(members.count, 2)
            + littleEndian(members.count, 2) + littleEndian(directory.count, 4) + littleEndian(file.count, 4)
            + littleEndian(0, 2)
        return file + directory + end
    }

    private func littleEndian(_ value: Int, _ width: Int) -> [UInt8] {
        (0..<width).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }

    private static let checksumTable = (0..<256 as Range<UInt32>).map { byte in
        (0..<8).reduce(byte) { value, _ in value & 1 == 1 ? 0xEDB8_8320 ^ (value >> 1) : value >> 1 }
    }

    /// CRC-32.
    static func checksum(_ bytes: [UInt8]) -> UInt32 {
        ~bytes.reduce(~0) { value, byte in checksumTable[Int((value ^ UInt32(byte)) & 0xFF)] ^ (value >> 8) }
    }

    /// A raw deflate stream of `count` * 258 + 1 zero bytes: fixed codes, one literal, then copies of it, 13 bits
    /// each.
    static func deflatedZeros(copies count: Int) -> [UInt8] {
        var (bytes, bits, used): ([UInt8], UInt32, Int) = ([], 0, 0)
        /// Huffman codes go in from their highest bit, everything else from its lowest.
        func reversed(_ code: UInt32, _ width: Int) -> UInt32 {
            (0..<width).reduce(0) { $0 << 1 | (code >> UInt32($1)) & 1 }
        }
        func put(_ value: UInt32, _ width: Int) {
            bits |= value << UInt32(used)
            used += width
            while used >= 8 {
                bytes.append(UInt8(truncatingIfNeeded: bits))
                (bits, used) = (bits >> 8, used - 8)
            }
        }
        put(0b011, 3)
        put(reversed(0b0011_0000, 8), 8)
        for _ in 0..<count {
            put(reversed(0b1100_0101, 8), 8)
            put(0, 5)
        }
        put(0, 7)
        put(0, 7)
        return bytes
    }
}
