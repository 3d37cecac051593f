public import CanonicalJSON
public import Crypto
public import Ledger

/// An entry with its place in a tree: a line of `keys.jsonl` and `timestamps.jsonl`, and what passports hold.
public struct ProvenLine: Hashable, Sendable {
    public let entry: Entry
    public let proof: InclusionProof

    public init(entry: Entry, proof: InclusionProof) { (self.entry, self.proof) = (entry, proof) }

    public var index: UInt64 { proof.index }

    /// The line without its newline.
    public var bytes: [UInt8] {
        var line = Array("{\"entry\":".utf8)
        entry.writeDSSE(into: &line)
        line += ",\"hashes\":".utf8
        HashList.write(proof.hashes, into: &line)
        line += ",\"index\":\(proof.index)}".utf8
        return line
    }

    /// Reads what `bytes` gave; nothing is verified.
    ///
    /// - Throws: `.field`.
    public init(_ value: JSONValue, size: UInt64) throws(LedgerError) {
        var fields = try FieldReader(value, path: "")
        entry = try Entry(dsse: try fields.value("entry"))
        let hashes = try HashList.read(try fields.value("hashes"))
        guard let index = UInt64(exactly: try fields.integer("index")) else { throw LedgerError(.field, "index") }
        proof = InclusionProof(index: index, size: size, hashes: hashes)
        try fields.finish()
    }
}

/// Hashes of a proof as a JSON list of Base64.
public enum HashList {
    /// The most hashes of any proof in a tree of 2^63 leaves.
    static let maximum = 128

    public static func write(_ hashes: [Digest], into bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "["))
        for (position, hash) in hashes.enumerated() {
            bytes += (position > 0 ? ",\"" : "\"").utf8
            bytes += Base64.encode(hash.bytes).utf8
            bytes.append(UInt8(ascii: "\""))
        }
        bytes.append(UInt8(ascii: "]"))
    }

    static func read(_ value: JSONValue) throws(LedgerError) -> [Digest] {
        guard let elements = value.arrayValue, elements.count <= maximum else { throw LedgerError(.field, "hashes") }
        let hashes = elements.compactMap { $0.stringValue.flatMap { Base64.decode($0) }.flatMap { Digest(bytes: $0) } }
        guard hashes.count == elements.count else { throw LedgerError(.field, "hashes") }
        return hashes
    }
}
