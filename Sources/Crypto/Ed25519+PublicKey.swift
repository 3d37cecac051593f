import CSodium

extension Ed25519 {
    /// A key that verifies.
    public struct PublicKey: Hashable, Sendable {
        /// The raw key, 32 bytes.
        public let bytes: [UInt8]

        /// How entries name the key: SHA-256 of the raw bytes.
        public let keyID: Digest

        /// Takes a raw key.
        ///
        /// - Throws: `.keyLength`, or `.publicKey` for bytes that are no point of the prime-order group in its one
        ///   encoding; under such keys a signature could hold for several messages.
        public init(_ bytes: [UInt8]) throws(CryptoError) {
            guard bytes.count == keyCount else { throw .keyLength }
            Sodium.start()
            guard unsafe crypto_core_ed25519_is_valid_point(bytes) == 1 else { throw .publicKey }
            self.bytes = bytes
            keyID = SHA256.hash(bytes)
        }

        /// Whether the signature is this key's over the message; malformed and malleable signatures are not.
        public func verify(_ signature: [UInt8], _ message: [UInt8]) -> Bool {
            guard signature.count == signatureCount else { return false }
            return unsafe crypto_sign_verify_detached(signature, message, UInt64(message.count), bytes) == 0
        }

        public static func == (left: Self, right: Self) -> Bool { left.keyID == right.keyID }

        public func hash(into hasher: inout Hasher) { hasher.combine(keyID) }
    }
}
