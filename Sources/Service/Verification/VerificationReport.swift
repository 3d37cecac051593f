import Crypto
import Ledger

/// What a verification of the whole store found, check by check.
public struct VerificationReport: Codable, Sendable {
    /// One thing that is wrong, with the first index or the file that shows it.
    public struct Finding: Codable, Sendable, Equatable {
        public let code: String
        public let index: UInt64?
        public let file: String?
        public let sentence: String
    }

    /// One thing that was looked at.
    public struct Check: Codable, Sendable {
        public let name: String
        public let standard: String
        /// `passed`, `failed` or `not checked`.
        public let verdict: String
        public let detail: String
    }

    /// `full`, `tree`, `signatures` or `sample`.
    public let mode: String
    public let ok: Bool
    public let origin: String
    public let size: UInt64
    /// Hex.
    public let root: String
    public let checkpoint: String?
    public let findings: [Finding]
    public let checks: [Check]
    /// Shown, not failed: these hold, and a thief may have made them.
    public let flags: [Flag]

    /// Entries or checkpoints that verify, and that only a compromised key vouches for.
    public struct Flag: Codable, Sendable, Equatable {
        /// `event`: entries; `checkpoint`: trees, by their last entries.
        public let purpose: String
        /// Hex id of the key.
        public let key: String
        /// The first index, and one more than the last.
        public let from: UInt64
        public let to: UInt64
        public let sentence: String

        /// What the keys of a log say of its first entries.
        static func list(_ keys: CertifiedKeys, size: UInt64) -> [Flag] {
            keys.flags(size: size).map { flag in
                let (from, to) = (flag.indices.lowerBound, flag.indices.upperBound)
                let what = flag.purpose == .event ? "Entries" : "Checkpoints of trees that end with entries"
                return Flag(
                    purpose: flag.purpose.rawValue, key: flag.key.hex, from: from, to: to,
                    sentence:
                        "\(what) \(from) to \(to - 1) are signed by a key that was compromised: only what others hold tells which of them are true."
                )
            }
        }
    }
}
