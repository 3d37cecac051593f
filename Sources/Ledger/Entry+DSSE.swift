public import CanonicalJSON
import Crypto

extension Entry {
    /// The most bytes of an entry's DSSE line: Base64 of the largest envelope, key id and signature, and the names.
    public static let maximumLineSize = 45_056

    /// The entry as it is stored: what it was taken apart from.
    public var bytes: [UInt8] { Self.encode(envelope: envelope, keyID: keyID, signature: signature) }

    /// The entry as one DSSE envelope: canonical JSON on one line, without the newline.
    public var dsseLine: [UInt8] {
        var line: [UInt8] = []
        line.reserveCapacity(Self.lineSize(ofEntry: envelope.count + Self.overhead))
        writeDSSE(into: &line)
        return line
    }

    /// How many bytes the line of an entry of so many stored bytes takes at most, for whoever reserves room for many.
    public static func lineSize(ofEntry count: Int) -> Int { count * 4 / 3 + 320 }

    /// Appends the DSSE envelope; its members are known and stand in canonical order.
    public func writeDSSE(into line: inout [UInt8]) {
        line += "{\"payload\":\"".utf8
        Base64.append(envelope, to: &line)
        line += "\",\"payloadType\":\"\(DSSE.eventType)\",\"signatures\":[{\"keyid\":\"".utf8
        line += keyID.hex.utf8
        line += "\",\"sig\":\"".utf8
        Base64.append(signature, to: &line)
        line += "\"}]}".utf8
    }

    /// Reads a line that `dsseLine` wrote; neither envelope nor signature are checked.
    ///
    /// - Throws: `.canonical`, `.field`, or `.tooLarge` for an envelope that fits no entry.
    public init(dsseLine line: [UInt8]) throws(LedgerError) {
        guard line.count <= Self.maximumLineSize else { throw LedgerError(.tooLarge, "line of \(line.count) bytes") }
        let value: JSONValue
        do { value = try JSONValue.parse(line) } catch { throw LedgerError(.canonical, error.description) }
        try self.init(dsse: value)
    }

    /// Reads a DSSE envelope with exactly the members that we write; neither envelope nor signature are checked.
    ///
    /// - Throws: `.field`, or `.tooLarge` for an envelope that fits no entry.
    public init(dsse value: JSONValue) throws(LedgerError) {
        var fields = try FieldReader(value, path: "")
        guard try fields.text("payloadType") == DSSE.eventType else { throw LedgerError(.field, "payloadType") }
        guard let envelope = Base64.decode(try fields.text("payload")) else { throw LedgerError(.field, "payload") }
        guard envelope.count <= Self.maximumEnvelopeSize else {
            throw LedgerError(.tooLarge, "envelope of \(envelope.count) bytes")
        }
        guard let signatures = try fields.value("signatures").arrayValue, signatures.count == 1 else {
            throw LedgerError(.field, "signatures")
        }
        try fields.finish()
        var inner = try FieldReader(signatures[0], path: "signatures.")
        let (name, text) = (try inner.text("keyid"), try inner.text("sig"))
        try inner.finish()
        guard let keyID = Digest(hex: name), keyID.hex == name else { throw LedgerError(.field, "keyid") }
        guard let signature = Base64.decode(text), signature.count == Ed25519.signatureCount else {
            throw LedgerError(.field, "sig")
        }
        self.init(envelope: envelope, keyID: keyID, signature: signature)
    }
}
