/// Up to 256 entries as one file (C2SP tlog-tiles): for each its length in two bytes, big-endian, then its bytes.
///
/// Entry i of bundle n has the leaf hash i of tile n at level 0.
public enum EntryBundle {
    /// The bytes of the file; entries that do not fit were refused when they were made.
    public static func encode(_ entries: [[UInt8]]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(entries.reduce(0) { $0 + $1.count + 2 })
        for entry in entries {
            precondition(entry.count <= UInt16.max, "the entry was not checked")
            bytes.append(UInt8(entry.count >> 8))
            bytes.append(UInt8(entry.count & 0xFF))
            bytes += entry
        }
        return bytes
    }

    /// The entries of a file; nil unless it holds 1 to 256 whole entries and nothing else.
    public static func decode(_ bytes: [UInt8]) -> [[UInt8]]? {
        var entries: [[UInt8]] = []
        var position = 0
        while position < bytes.count {
            guard bytes.count - position >= 2 else { return nil }
            let length = Int(bytes[position]) << 8 | Int(bytes[position + 1])
            position += 2
            guard length > 0, bytes.count - position >= length, entries.count < HashTile.width else { return nil }
            entries.append(Array(bytes[position..<position + length]))
            position += length
        }
        return entries.isEmpty ? nil : entries
    }
}
