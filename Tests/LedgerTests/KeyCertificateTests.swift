import CanonicalJSON
import Crypto
import Ledger
import Testing

@Suite struct `A key certificate` {
    private let origin = "log.example/cxr"

    @Test func `has the frozen bytes and signature`() throws {
        let root = try Fixture.key()
        let certificate = KeyCertificate(key: root.publicKey, purpose: .event, log: origin, validFrom: 0)
        let (bytes, signature) = certificate.signed(by: root)
        #expect(bytes == (try Fixture.bytes("certificate.json")))
        #expect(Base64.encode(signature) + "\n" == (try Fixture.text("certificate.sig")))
        #expect(try KeyCertificate(bytes, signature: signature, root: root.publicKey) == certificate)
    }

    @Test func `holds only under the root that signed it, and only as a certificate`() throws {
        let (root, other) = (try Fixture.key(), try Fixture.key(1))
        let (bytes, signature) = KeyCertificate(key: other.publicKey, purpose: .checkpoint, log: origin, validFrom: 9)
            .signed(by: root)
        #expect(throws: LedgerError.self) { try KeyCertificate(bytes, signature: signature, root: other.publicKey) }
        let asEvent = root.sign(DSSE.preAuthenticationEncoding(type: DSSE.eventType, body: bytes))
        #expect(throws: LedgerError.self) { try KeyCertificate(bytes, signature: asEvent, root: root.publicKey) }
        for change in [
            ("\"Ed25519\"", "\"RSA\""), ("checkpoint", "login"), (":9}", ":-9}"), ("\"valid", "\"x\":1,\"valid"),
            ("{", "{ "),
            (Base64.encode(other.publicKey.bytes), Base64.encode([UInt8](repeating: 0, count: 32))),
            (",\"valid_from\":9", ""),
        ] {
            let changed = Array(String(decoding: bytes, as: UTF8.self).replacing(change.0, with: change.1).utf8)
            let signed = root.sign(DSSE.preAuthenticationEncoding(type: DSSE.keyType, body: changed))
            let error = #expect(throws: LedgerError.self) {
                try KeyCertificate(changed, signature: signed, root: root.publicKey)
            }
            #expect(error?.code == .certificate)
        }
    }

    @Test func `is listed in the payload of the event that records it`() throws {
        let root = try Fixture.key()
        let certificate = KeyCertificate(key: try Fixture.key(1).publicKey, purpose: .event, log: origin, validFrom: 0)
        let (bytes, signature) = certificate.signed(by: root)
        let key: JSONValue = [
            "certificate": .string(Base64.encode(bytes)), "signature": .string(Base64.encode(signature)),
        ]
        let payload: JSONValue = ["root": .string(Base64.encode(root.publicKey.bytes)), "keys": [key]]
        #expect(try KeyCertificate.list(payload: payload, root: root.publicKey, origin: origin) == [certificate])
        #expect(throws: LedgerError.self) {
            try KeyCertificate.list(payload: payload, root: root.publicKey, origin: "other")
        }
        for bad: JSONValue in [
            [:], ["root": payload["root"] ?? nil, "keys": []], ["root": "AAAA", "keys": [key]],
            ["root": payload["root"] ?? nil, "keys": [["certificate": "!", "signature": "!"]]], [], "x",
            ["root": payload["root"] ?? nil, "keys": [key, 1]],
        ] {
            #expect(throws: LedgerError.self) {
                try KeyCertificate.list(payload: bad, root: root.publicKey, origin: origin)
            }
        }
    }
}
