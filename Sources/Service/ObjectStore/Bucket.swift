import HTTPClient

/// A place in an S3-compatible object store, and what one needs to write there.
struct Bucket: Sendable {
    let name: String
    /// What keys begin with; empty, or ending in a slash.
    let prefix: String
    /// Where the store answers, without a slash at the end; buckets are named in the path.
    let endpoint: String
    let signature: AWSSignature

    /// What it is called in messages.
    var title: String { "s3://\(name)/\(prefix)" }

    /// The address of an object.
    func address(of key: String) -> String { "\(endpoint)/\(name)/\(prefix)\(key)" }

    /// Reads `s3://bucket/prefix`; nil for what is none, or holds characters that would have to be escaped.
    static func parse(_ text: String) -> (name: String, prefix: String)? {
        guard text.utf8.starts(with: "s3://".utf8) else { return nil }
        var parts = text.utf8.dropFirst(5).split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
            .map { String(Substring($0)) }
        if parts.last == "" { parts.removeLast() }
        guard let name = parts.first, (3...63).contains(name.utf8.count), name.utf8.allSatisfy(isNameByte),
            parts.dropFirst().allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." && $0.utf8.allSatisfy(isKeyByte) }),
            text.utf8.count <= 512
        else { return nil }
        return (name, parts.dropFirst().map { $0 + "/" }.joined())
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
        }
    }

    /// The unreserved characters of RFC 3986, which stand in addresses and signatures as they are.
    private static func isKeyByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        default: isNameByte(byte) || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "~")
        }
    }
}
