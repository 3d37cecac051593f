import Crypto
import Ledger

/// The ends of streams, to see that each entry follows the one before it.
struct StreamChains {
    private struct End {
        let version: UInt64
        let digest: Digest
    }

    /// By the digest of the stream's name, which is shorter than most names.
    private var ends: [Digest: End] = [:]
    /// Whether the first entry of a stream that is seen must be its first at all.
    let beginsAtZero: Bool

    init(beginsAtZero: Bool) { self.beginsAtZero = beginsAtZero }

    /// Takes the next entry of its stream; a sentence when it does not follow.
    mutating func add(_ envelope: Envelope, digest: Digest, at index: UInt64) -> String? {
        let name = SHA256.hash(Array(envelope.stream.utf8))
        if let end = ends[name] {
            guard envelope.version == end.version + 1 else {
                return
                    "Stream \(envelope.stream): version \(envelope.version) at index \(index) follows \(end.version)."
            }
            guard envelope.previous == end.digest else {
                return "Stream \(envelope.stream): the entry at index \(index) names another predecessor."
            }
        } else if beginsAtZero, envelope.version != 0 {
            return "Stream \(envelope.stream) begins with version \(envelope.version), at index \(index)."
        }
        ends[name] = End(version: envelope.version, digest: digest)
        return nil
    }
}
