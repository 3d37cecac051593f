public import CanonicalJSON
public import Crypto
public import Ledger

/// `manifest.sig.json`: the event key's signature over the manifest.
public struct ManifestSignature: Hashable, Sendable {
    public let keyID: Digest
    /// 64 bytes.
    public let signature: [UInt8]

    public init(keyID: Digest, signature: [UInt8]) { (self.keyID, self.signature) = (keyID, signature) }

    /// What is signed of a manifest's bytes.
    public static func message(_ manifest: [UInt8]) -> [UInt8] {
        DSSE.preAuthenticationEncoding(type: DSSE.exportType, body: manifest)
    }

    /// The file.
    public var bytes: [UInt8] {
        JSONValue.object(["keyid": .string(keyID.hex), "sig": .string(Base64.encode(signature))]).canonicalBytes()
    }

    /// - Throws: `.canonical` or `.field`.
    public init(parsing bytes: [UInt8]) throws(LedgerError) {
        let value: JSONValue
        do { value = try JSONValue.parse(bytes) } catch { throw LedgerError(.canonical, error.description) }
        var fields = try FieldReader(value, path: "")
        let (name, text) = (try fields.text("keyid"), try fields.text("sig"))
        try fields.finish()
        guard let keyID = Digest(hex: name), keyID.hex == name else { throw LedgerError(.field, "keyid") }
        guard let signature = Base64.decode(text), signature.count == Ed25519.signatureCount else {
            throw LedgerError(.field, "sig")
        }
        self.init(keyID: keyID, signature: signature)
    }
}

/// `range.json`: what leads from the entries of a complete export to the roots at both ends.
public struct ExportRange: Hashable, Sendable {
    public let from: UInt64
    public let to: UInt64
    /// The right edge of the tree of the first `from` entries, largest subtree first.
    public let edge: [Digest]
    /// The consistency proof from `to` to the size of the checkpoint.
    public let consistency: [Digest]

    public init(from: UInt64, to: UInt64, edge: [Digest], consistency: [Digest]) {
        (self.from, self.to, self.edge, self.consistency) = (from, to, edge, consistency)
    }

    /// The file.
    public var bytes: [UInt8] {
        var bytes = Array("{\"consistency\":".utf8)
        HashList.write(consistency, into: &bytes)
        bytes += ",\"edge\":".utf8
        HashList.write(edge, into: &bytes)
        bytes += ",\"from\":\(from),\"to\":\(to)}".utf8
        return bytes
    }

    /// - Throws: `.canonical` or `.field`.
    public init(parsing bytes: [UInt8]) throws(LedgerError) {
        let value: JSONValue
        do { value = try JSONValue.parse(bytes) } catch { throw LedgerError(.canonical, error.description) }
        var fields = try FieldReader(value, path: "")
        consistency = try HashList.read(try fields.value("consistency"))
        edge = try HashList.read(try fields.value("edge"))
        guard let from = UInt64(exactly: try fields.integer("from")), let to = UInt64(exactly: try fields.integer("to"))
        else { throw LedgerError(.field, "from") }
        (self.from, self.to) = (from, to)
        try fields.finish()
    }
}

/// A line of `known.jsonl`: that the tree of a size is the beginning of the checkpoint's.
public struct KnownLine: Hashable, Sendable {
    public let size: UInt64
    public let hashes: [Digest]

    public init(size: UInt64, hashes: [Digest]) { (self.size, self.hashes) = (size, hashes) }

    /// The line without its newline.
    public var bytes: [UInt8] {
        var bytes = Array("{\"consistency\":".utf8)
        HashList.write(hashes, into: &bytes)
        bytes += ",\"size\":\(size)}".utf8
        return bytes
    }

    /// - Throws: `.field`.
    public init(_ value: JSONValue) throws(LedgerError) {
        var fields = try FieldReader(value, path: "")
        hashes = try HashList.read(try fields.value("consistency"))
        guard let size = UInt64(exactly: try fields.integer("size")) else { throw LedgerError(.field, "size") }
        self.size = size
        try fields.finish()
    }
}

/// A line of `proofs.jsonl`: where the entry of the same line of `entries.jsonl` stands.
public struct ProofLine: Hashable, Sendable {
    public let index: UInt64
    public let hashes: [Digest]

    public init(index: UInt64, hashes: [Digest]) { (self.index, self.hashes) = (index, hashes) }

    /// Appends the line with its newline.
    public func write(into bytes: inout [UInt8]) {
        bytes += "{\"hashes\":".utf8
        HashList.write(hashes, into: &bytes)
        bytes += ",\"index\":\(index)}\n".utf8
    }

    /// - Throws: `.field`.
    public init(_ value: JSONValue) throws(LedgerError) {
        var fields = try FieldReader(value, path: "")
        hashes = try HashList.read(try fields.value("hashes"))
        guard let index = UInt64(exactly: try fields.integer("index")) else { throw LedgerError(.field, "index") }
        self.index = index
        try fields.finish()
    }
}
