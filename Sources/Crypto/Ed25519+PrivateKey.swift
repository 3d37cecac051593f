import CSodium

extension Ed25519 {
    /// A key that signs; it stays in guarded memory.
    public struct PrivateKey: Sendable {
        /// What verifies this key's signatures.
        public let publicKey: PublicKey
        /// Seed and public key, as libsodium keeps them.
        private let pair: SecretBytes

        /// Makes the key of a 32-byte seed (RFC 8032 section 5.1.5).
        ///
        /// - Throws: `.keyLength` for a seed of another length.
        public init(seed: SecretBytes) throws(CryptoError) {
            guard seed.count == keyCount else { throw .keyLength }
            var raw = [UInt8](repeating: 0, count: keyCount)
            pair = unsafe SecretBytes(count: 64) { pair in
                let status = unsafe seed.withPointer { unsafe crypto_sign_seed_keypair(&raw, pair, $0) }
                precondition(status == 0, "a seed always gives a key pair")
            }
            publicKey = try PublicKey(raw)
        }

        /// Makes a random key.
        public static func generate() -> PrivateKey {
            guard let key = try? PrivateKey(seed: SecureRandom.secret(keyCount)) else {
                preconditionFailure("a random seed has the right length")
            }
            return key
        }

        /// The 64 bytes of the signature over a message.
        public func sign(_ message: [UInt8]) -> [UInt8] {
            var signature = [UInt8](repeating: 0, count: signatureCount)
            let status = unsafe pair.withPointer {
                unsafe crypto_sign_detached(&signature, nil, message, UInt64(message.count), $0)
            }
            precondition(status == 0, "Ed25519 cannot sign")
            return signature
        }
    }
}
