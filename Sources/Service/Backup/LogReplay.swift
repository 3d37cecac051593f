import Crypto
import Ledger
import Storage

/// Turns stored entries into the batches that a store takes, checking each as an auditor would.
struct LogReplay {
    private var auditor: LogAuditor
    private var builder = BatchBuilder()

    init(root: Ed25519.PublicKey, origin: String) { auditor = LogAuditor(pinnedRoot: root, origin: origin) }

    /// The state after what was replayed so far.
    var head: Head { builder.head }

    /// The root of what was replayed so far.
    var root: Digest { head.root }

    /// The keys of what was replayed so far.
    var keys: CertifiedKeys { auditor.keys }

    /// The key that signs the checkpoint of what was replayed so far.
    var checkpointKey: VerifierKey? {
        guard let origin = auditor.origin, let key = auditor.checkpointKey else { return nil }
        return VerifierKey(name: origin, key: key)
    }

    /// The next entries in index order, as one batch.
    mutating func write(_ entries: [[UInt8]]) throws(ServiceError) -> BatchWrite {
        do {
            let (envelopes, tiles) = try auditor.check(entries)
            return builder.batch(entries, envelopes.map(EnvelopeColumns.init), tiles: tiles, root: auditor.edge.root)
        } catch {
            throw ServiceError(.unprocessable, "backup-damaged", "Entry \(error.index): \(error.sentence)")
        }
    }
}
