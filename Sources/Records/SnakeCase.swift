/// The spelling of stored keys.
enum SnakeCase {
    /// `thresholdChanged` becomes `threshold_changed`; ASCII only, as all our property names are.
    static func key(_ name: String) -> String {
        var result: [UInt8] = []
        result.reserveCapacity(name.utf8.count + 4)
        for byte in name.utf8 {
            guard (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) else {
                result.append(byte)
                continue
            }
            result.append(UInt8(ascii: "_"))
            result.append(byte | 0x20)
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// Whether `key` is the spelling of a property's name.
    static func isKey(_ key: String, of name: String) -> Bool {
        var letters = key.utf8.makeIterator()
        for byte in name.utf8 {
            let isCapital = (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
            if isCapital, letters.next() != UInt8(ascii: "_") { return false }
            guard letters.next() == (isCapital ? byte | 0x20 : byte) else { return false }
        }
        return letters.next() == nil
    }
}
