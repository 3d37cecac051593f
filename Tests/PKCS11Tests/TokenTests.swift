import Crypto
import PKCS11
import TestSupport
import Testing

/// Against SoftHSM, one after the other: a module makes its tokens known only when it is asked anew.
@Suite(.serialized) struct `A token` {
    private func token(_ label: String) throws -> Token {
        try Token(label: label, module: SoftToken.module, pin: SecretBytes(Array(SoftToken.pin.utf8)))
    }

    @Test func `makes a key and signs as the same key in memory would`() throws {
        let token = try token(SoftToken.make())
        let signer = try token.generate("event-1")
        for message in [[], Array("a".utf8), [UInt8](repeating: 7, count: 40_000)] {
            let signature = try signer.sign(message)
            #expect(signer.publicKey.verify(signature, message))
            #expect(try signer.sign(message) == signature, "EdDSA is deterministic")
        }
        #expect(signer.address.description == "pkcs11:token=\(token.label);object=event-1")
    }

    @Test func `finds the key again, and only that one`() throws {
        let label = try SoftToken.make()
        let made = try token(label).generate("k")
        let found = try token(label).signer("k", publicKey: made.publicKey)
        let message = Array("message".utf8)
        #expect(try found.sign(message) == made.sign(message))
        let other = Ed25519.PrivateKey.generate().publicKey
        #expect(throws: TokenError.self) { try token(label).signer("k", publicKey: other) }
        #expect(throws: TokenError.self) { try token(label).signer("missing", publicKey: made.publicKey) }
        #expect(throws: TokenError.self) { try token(label).generate("k") }
        try token(label).remove("k")
        #expect(throws: TokenError.self) { try token(label).signer("k", publicKey: made.publicKey) }
        #expect(throws: CryptoError.signer) { try found.sign(message) }
    }

    @Test func `signs for many threads at once`() async throws {
        let signer = try token(SoftToken.make()).generate("k")
        try await withThrowingTaskGroup { group in
            for number in 0..<64 {
                group.addTask {
                    let message = Array("message \(number)".utf8)
                    return signer.publicKey.verify(try signer.sign(message), message)
                }
            }
            for try await holds in group { #expect(holds) }
        }
    }

    @Test func `says what is wrong, and never the PIN`() throws {
        let label = try SoftToken.make()
        let wrongPIN = #expect(throws: TokenError.self) {
            try Token(label: label, module: SoftToken.module, pin: SecretBytes(Array("wrong-pin".utf8)))
        }
        #expect(wrongPIN?.code == .pin && wrongPIN?.description.contains("wrong-pin") == false)
        #expect(throws: TokenError.self) { try token("nobody") }
        for module in ["/nonexistent.so", "/lib/x86_64-linux-gnu/libm.so.6", "/dev/null"] {
            let error = #expect(throws: TokenError.self) {
                try Token(label: label, module: module, pin: SecretBytes(Array(SoftToken.pin.utf8)))
            }
            #expect(error?.code == .module)
        }
    }
}

@Suite struct `The address of a key on a token` {
    @Test(arguments: [
        ("pkcs11:token=t", "t", nil), ("pkcs11:token=my%20token;object=a%2Fb", "my token", "a/b"),
        ("pkcs11:object=k;token=t", "t", "k"), ("pkcs11:token=%C3%A9", "é", nil),
    ]) func `is read as RFC 7512 writes it`(text: String, token: String, object: String?) throws {
        let address = try #require(TokenAddress(text))
        #expect(address.token == token && address.object == object)
        #expect(TokenAddress(address.description) == address)
    }

    @Test(arguments: [
        "", "pkcs11:", "pkcs11:token=", "pkcs11:object=k", "token=t", "pkcs11:token=t;token=u", "pkcs11:token=t;pin=1",
        "pkcs11:token=%", "pkcs11:token=%zz", "pkcs11:token=%ff", "pkcs11:token=a b", "pkcs11:token=t;",
        "PKCS11:token=t", "pkcs11:token=a\u{1}",
    ]) func `is refused otherwise`(text: String) { #expect(TokenAddress(text) == nil) }
}
