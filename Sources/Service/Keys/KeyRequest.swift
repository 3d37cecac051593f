import CanonicalJSON
public import Crypto
import Ledger
import Records

/// Keys that wait for the root's word, on their way to where the root key is kept.
///
/// Canonical JSON: `format` `cxrledger-key-request/1`, `origin`, and `certificates`, Base64 of each certificate that the
/// root would sign.
public struct KeyRequest: Sendable, Equatable {
    public let origin: String
    let certificates: [KeyCertificate]

    static let format = "cxrledger-key-request/1"

    init(origin: String, certificates: [KeyCertificate]) {
        (self.origin, self.certificates) = (origin, certificates)
    }

    var bytes: [UInt8] {
        JSONValue.object([
            "format": .string(Self.format), "origin": .string(origin),
            "certificates": .array(certificates.map { .string(Base64.encode($0.canonicalBytes)) }),
        ]).canonicalBytes()
    }

    /// Reads a request, strictly: nothing is signed that is not shown.
    public init(parsing bytes: [UInt8]) throws(ServiceError) {
        guard bytes.count <= 65_536, let value = try? JSONValue.parse(Array(bytes[...].trimmed)),
            let members = value.objectValue, Set(members.keys) == ["format", "origin", "certificates"],
            members["format"]?.stringValue == Self.format, let origin = members["origin"]?.stringValue,
            let texts = members["certificates"]?.arrayValue, (1...2).contains(texts.count)
        else { throw Self.malformed }
        var certificates: [KeyCertificate] = []
        for text in texts {
            guard let bytes = text.stringValue.flatMap({ Base64.decode($0) }),
                let certificate = try? KeyCertificate(unsigned: bytes), certificate.log.utf8.elementsEqual(origin.utf8)
            else { throw Self.malformed }
            certificates.append(certificate)
        }
        self.init(origin: origin, certificates: certificates)
    }

    /// What is asked for, a sentence for each key.
    public var sentences: [String] {
        certificates.map {
            "\($0.purpose.rawValue) key \($0.key.keyID.hex) of \(origin), valid from index \($0.validFrom)"
        }
    }

    /// What the root says to it: canonical JSON, the payload of the `KeysCertified` event that brings it into the log.
    ///
    /// - Throws: `signer-unavailable` when the root key cannot be asked.
    public func certificates(by root: any Signer) throws(ServiceError) -> String {
        var certified: [KeysCertified.Certified] = []
        do {
            for certificate in certificates {
                let (bytes, signature) = try certificate.signed(by: root)
                certified.append(.init(certificate: Base64.encode(bytes), signature: Base64.encode(signature)))
            }
        } catch { throw ServiceError(wrapping: error) }
        let word = KeysCertified(root: Base64.encode(root.publicKey.bytes), keys: certified)
        return String(decoding: Event.keysCertified(word).payload.canonicalBytes(), as: UTF8.self)
    }

    /// Reads what `certificates(by:)` wrote; whose word it is has still to be checked.
    static func certified(_ text: String) throws(ServiceError) -> KeysCertified {
        let bytes = Array(Array(text.utf8)[...].trimmed)
        guard bytes.count <= 65_536, let payload = try? JSONValue.parse(bytes),
            case .keysCertified(let word)? = try? Event(
                type: EventType.keysCertified.rawValue, schema: EventType.keysCertified.schema, payload: payload)
        else {
            throw ServiceError(
                .invalid, "certificates-malformed",
                "These are no certificates, as `cxrledger keys certify` writes them.")
        }
        return word
    }

    /// Reads a root key that is kept in a file of its own.
    public static func root(file: String, access: KeyAccess) throws(ServiceError) -> any Signer {
        guard let root = try KeyFile.read(file, with: access) else {
            throw ServiceError(.notFound, "root-missing", "There is no root key at \(file).")
        }
        return root
    }

    private static let malformed = ServiceError(
        .invalid, "request-malformed", "This is no request for certificates, as `cxrledger keys request` writes it.")
}

extension ArraySlice<UInt8> {
    /// Without the line ends that editors leave.
    fileprivate var trimmed: ArraySlice<UInt8> {
        var rest = self
        while let last = rest.last, last == 0x0A || last == 0x0D { rest.removeLast() }
        return rest
    }
}
