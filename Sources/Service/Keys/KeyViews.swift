import Crypto
import Ledger

/// One key of the log: what became of it, and whether its private half is here.
public struct KeyView: Codable, Sendable, Equatable {
    /// Indices from the first to the one before the last.
    public struct Span: Codable, Sendable, Equatable {
        public let from: UInt64
        public let to: UInt64
    }

    /// `event` or `checkpoint`.
    public let purpose: String
    /// Hex SHA-256 of the raw public key.
    public let id: String
    /// Base64 of the raw public key.
    public let key: String
    /// Of a checkpoint key: how witnesses and policies name it (C2SP signed-note).
    public let vkey: String?
    /// `current`, `replaced`, `retired`, `upcoming`, or `waiting` for a certificate.
    public let state: String
    /// The index of the event that certified it.
    public let certifiedAt: UInt64?
    /// The first index at which it counts.
    public let countsFrom: UInt64?
    /// The first index at which it no longer does.
    public let countsTo: UInt64?
    public let retiredAt: UInt64?
    public let compromisedFrom: UInt64?
    /// What only this compromised key vouches for: entries, or the last entries of trees.
    public let flagged: Span?
    /// How the private half is kept here: `file`, `sealed` or `token`; nil when it is not here.
    public let kept: String?
}

/// All keys of a log, in the order in which they were certified; then those that wait.
public struct KeyList: Codable, Sendable, Equatable {
    public let origin: String
    /// Base64 of the raw pinned root key.
    public let rootKey: String
    /// How many entries the log has.
    public let size: UInt64
    public let keys: [KeyView]
}

extension KeyView {
    init(_ life: CertifiedKey, of origin: String, in certified: CertifiedKeys, size: UInt64, kept: String?) {
        let end = certified.end(of: life)
        let flag = certified.flags(size: size).first { $0.purpose == life.purpose && $0.key == life.key.keyID }
        let isCurrent = certified.current(life.purpose, at: size)?.key == life.key
        let state =
            isCurrent ? "current" : life.retiredAt != nil ? "retired" : life.countsFrom > size ? "upcoming" : "replaced"
        self.init(
            purpose: life.purpose.rawValue, id: life.key.keyID.hex, key: Base64.encode(life.key.bytes),
            vkey: Self.vkey(life.purpose, origin, life.key), state: state, certifiedAt: life.certifiedAt,
            countsFrom: life.countsFrom, countsTo: end, retiredAt: life.retiredAt,
            compromisedFrom: life.compromisedFrom,
            flagged: flag.map { Span(from: $0.indices.lowerBound, to: $0.indices.upperBound) }, kept: kept)
    }

    init(waiting kept: KeyFolder.Kept, of origin: String, as kind: String) {
        let key = kept.signer.publicKey
        self.init(
            purpose: kept.purpose.rawValue, id: key.keyID.hex, key: Base64.encode(key.bytes),
            vkey: Self.vkey(kept.purpose, origin, key), state: "waiting",
            certifiedAt: nil, countsFrom: nil, countsTo: nil, retiredAt: nil, compromisedFrom: nil, flagged: nil,
            kept: kind)
    }

    private static func vkey(_ purpose: KeyCertificate.Purpose, _ origin: String, _ key: Ed25519.PublicKey) -> String? {
        purpose == .checkpoint ? VerifierKey(name: origin, key: key).description : nil
    }
}
