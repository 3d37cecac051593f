/// Reads the few things that are needed of an object store's XML, which is not trusted: names that the caller composes
/// anew, and codes.
enum ObjectListing {
    /// The widths at the end of the keys in a list of objects: whole numbers from 1 to 255.
    static func widths(in document: [UInt8]) -> [Int] {
        values(of: "Key", in: document).compactMap { key in
            let digits = key.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).last ?? []
            guard let number = Int(String(decoding: digits, as: UTF8.self)), (1...255).contains(number) else {
                return nil
            }
            return number
        }
    }

    /// The code of an error document; nil when there is none, or one that is no word.
    static func code(of document: [UInt8]) -> String? {
        guard let value = values(of: "Code", in: document).first, (1...64).contains(value.count),
            value.allSatisfy({ byte in (0x41...0x5A).contains(byte & 0xDF) })
        else { return nil }
        return String(decoding: value, as: UTF8.self)
    }

    /// What stands between the tags of a name, as it is written.
    private static func values(of name: String, in document: [UInt8]) -> [ArraySlice<UInt8>] {
        let (opening, closing) = (Array("<\(name)>".utf8), Array("</\(name)>".utf8))
        var values: [ArraySlice<UInt8>] = []
        var rest = document[...]
        while let start = rest.firstRange(of: opening), values.count < 1_000 {
            rest = rest[start.upperBound...]
            guard let end = rest.firstRange(of: closing) else { break }
            values.append(rest[..<end.lowerBound])
            rest = rest[end.upperBound...]
        }
        return values
    }
}
