import CanonicalJSON
public import Crypto
public import Ledger

/// One prediction with everything that proves it, in one file that needs no server.
public struct Passport: Hashable, Sendable {
    /// The picture, and the key under which the entry commits to it.
    public struct Image: Hashable, Sendable {
        /// As it was sent.
        public let bytes: [UInt8]
        /// The subject's commit key, 32 bytes.
        public let commitKey: [UInt8]
        /// SHA-256 of the sealed picture, as the entry names it.
        public let sealedDigest: Digest

        public init(bytes: [UInt8], commitKey: [UInt8], sealedDigest: Digest) {
            (self.bytes, self.commitKey, self.sealedDigest) = (bytes, commitKey, sealedDigest)
        }
    }

    public static let format = "cxrledger-passport/1"
    /// The most bytes of the file.
    public static let maximumSize = 1 << 27

    public let origin: String
    public let rootKey: Ed25519.PublicKey
    /// The prediction's id.
    public let prediction: String
    /// Its `PredictionRecorded`.
    public let entry: Entry
    public let proof: TLogProof
    public let heldCheckpoint: Holding.HeldCheckpoint
    /// Every entry of stream `keys` up to the checkpoint.
    public let keys: [ProvenLine]
    /// The `ModelRegistered` of the model that predicted.
    public let model: ProvenLine
    /// The model's card as it was registered.
    public let modelCard: [UInt8]?
    /// The other entries of the prediction's stream up to the checkpoint.
    public let reviews: [ProvenLine]
    public let image: Image?

    /// Puts a passport together.
    ///
    /// - Throws: what reading the proof's checkpoint throws.
    public init(
        origin: String, rootKey: Ed25519.PublicKey, prediction: String, entry: Entry, proof: TLogProof,
        keys: [ProvenLine], model: ProvenLine, modelCard: [UInt8]?, reviews: [ProvenLine], image: Image?
    ) throws(LedgerError) {
        (self.origin, self.rootKey, self.prediction, self.entry) = (origin, rootKey, prediction, entry)
        (self.proof, self.keys, self.model, self.modelCard) = (proof, keys, model, modelCard)
        (self.reviews, self.image) = (reviews, image)
        heldCheckpoint = try .init(proof.checkpoint)
    }

    /// The file.
    public var bytes: [UInt8] {
        var bytes = Array("{\"entry\":".utf8)
        entry.writeDSSE(into: &bytes)
        bytes += ",\"format\":\"\(Self.format)\"".utf8
        if let image {
            bytes += ",\"image\":{\"bytes\":\"".utf8
            bytes += Base64.encode(image.bytes).utf8
            bytes += "\",\"commit_key\":\"\(Base64.encode(image.commitKey))\"".utf8
            bytes += ",\"sealed_digest\":\"\(image.sealedDigest.hex)\"}".utf8
        }
        bytes += ",\"index\":\(proof.index),\"keys\":".utf8
        Self.write(keys, into: &bytes)
        bytes += ",\"model\":".utf8
        bytes += model.bytes
        if let modelCard {
            bytes += ",\"model_card\":\"".utf8
            bytes += Base64.encode(modelCard).utf8
            bytes.append(UInt8(ascii: "\""))
        }
        bytes += ",\"origin\":".utf8
        CanonicalWriter.writeString(origin, into: &bytes)
        bytes += ",\"prediction\":".utf8
        CanonicalWriter.writeString(prediction, into: &bytes)
        bytes += ",\"proof\":".utf8
        CanonicalWriter.writeString(proof.text, into: &bytes)
        bytes += ",\"reviews\":".utf8
        Self.write(reviews, into: &bytes)
        bytes += ",\"root_key\":\"\(Base64.encode(rootKey.bytes))\"}".utf8
        return bytes
    }

    private static func write(_ lines: [ProvenLine], into bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "["))
        for (position, line) in lines.enumerated() {
            if position > 0 { bytes.append(UInt8(ascii: ",")) }
            bytes += line.bytes
        }
        bytes.append(UInt8(ascii: "]"))
    }

    /// Reads the file; nothing is verified yet.
    ///
    /// - Throws: `.canonical`, `.field`, and what reading the proof throws.
    public init(parsing bytes: [UInt8]) throws(LedgerError) {
        guard bytes.count <= Self.maximumSize else { throw LedgerError(.tooLarge, "passport") }
        let value: JSONValue
        do { value = try JSONValue.parse(bytes) } catch { throw LedgerError(.canonical, error.description) }
        var fields = try FieldReader(value, path: "")
        guard try fields.text("format") == Self.format else { throw LedgerError(.field, "format") }
        let proof = try TLogProof(parsing: try fields.text("proof"))
        let held = try Holding.HeldCheckpoint(proof.checkpoint)
        let size = held.checkpoint.size
        guard proof.extra == nil, try fields.integer("index") == Int64(clamping: proof.index) else {
            throw LedgerError(.field, "index")
        }
        guard let raw = Base64.decode(try fields.text("root_key")), let key = try? Ed25519.PublicKey(raw) else {
            throw LedgerError(.field, "root_key")
        }
        let card = try fields.optionalText("model_card").map { text throws(LedgerError) in
            guard let card = Base64.decode(text) else { throw LedgerError(.field, "model_card") }
            return card
        }
        let image = try fields.optionalValue("image").map { value throws(LedgerError) in try Image(value) }
        (origin, prediction) = (try fields.text("origin"), try fields.text("prediction"))
        entry = try Entry(dsse: try fields.value("entry"))
        keys = try Self.lines(try fields.value("keys"), size: size)
        model = try ProvenLine(try fields.value("model"), size: size)
        reviews = try Self.lines(try fields.value("reviews"), size: size)
        (self.proof, heldCheckpoint, rootKey, modelCard, self.image) = (proof, held, key, card, image)
        try fields.finish()
    }

    private static func lines(_ value: JSONValue, size: UInt64) throws(LedgerError) -> [ProvenLine] {
        guard let elements = value.arrayValue else { throw LedgerError(.field, "lines") }
        var lines: [ProvenLine] = []
        for element in elements { lines.append(try ProvenLine(element, size: size)) }
        return lines
    }
}

extension Passport.Image {
    fileprivate init(_ value: JSONValue) throws(LedgerError) {
        var fields = try FieldReader(value, path: "image.")
        let (picture, key) = (try fields.text("bytes"), try fields.text("commit_key"))
        let digest = try fields.text("sealed_digest")
        try fields.finish()
        guard let bytes = Base64.decode(picture), let commitKey = Base64.decode(key), commitKey.count == 32,
            let sealed = Digest(hex: digest), sealed.hex == digest
        else { throw LedgerError(.field, "image") }
        self.init(bytes: bytes, commitKey: commitKey, sealedDigest: sealed)
    }
}
