import Concurrency
public import Crypto
public import Ledger

/// Which keys count in a log, as its entries say it under the pinned root, and those that this process signs with.
///
/// Read again whenever control events came in, so that a key which another process retired signs nothing more.
public final class LogKeys: Sendable {
    private struct Folded {
        var certified: CertifiedKeys
        /// The epoch of the head that was looked at.
        var epoch: UInt64 = 0
        /// The version that the next event of the stream of keys will have.
        var next: UInt64 = 0
    }

    private struct Held {
        var signers: [Digest: any Signer] = [:]
        /// Which key was last looked for, and when, so that a missing one is not looked for with every batch.
        var looked: (key: Digest, at: ContinuousClock.Instant)?
    }

    public let origin: String
    private let reload: @Sendable () -> [any Signer]
    private let folded: Locked<Folded>
    private let held = Locked(Held())
    private static let pause = Duration.seconds(1)

    public init(_ identity: LogIdentity) {
        (origin, reload) = (identity.origin, identity.reload)
        folded = Locked(Folded(certified: CertifiedKeys(pinnedRoot: identity.root, origin: identity.origin)))
        add(identity.signers)
    }

    /// The keys that the log knows on this snapshot, or later ones.
    ///
    /// - Throws: `.corrupt` when an event about keys is not in the tree, not signed, or against the rules.
    public func certified(reading reader: any LogReader) throws(StorageError) -> CertifiedKeys {
        var folded = folded.withLock { $0 }
        guard let head = try reader.head(), head.epoch > folded.epoch else { return folded.certified }
        let events = try reader.stream(CertifiedKeys.stream, from: folded.next, limit: .max)
        do {
            var tiles = try ProvenTiles(size: head.size, root: head.root, reading: reader)
            for event in events {
                guard try tiles.leaf(at: event.index) == Entry.hash(event.bytes) else {
                    throw LedgerError(.proof, "entry \(event.index) is not in the tree")
                }
                let envelope = try folded.certified.check(event.bytes, at: event.index)
                guard envelope.stream == CertifiedKeys.stream, envelope.version == folded.next else {
                    throw LedgerError(.field, "entry \(event.index) does not follow in its stream")
                }
                folded.next += 1
            }
        } catch { throw StorageError(checking: "keys", error) }
        folded.epoch = head.epoch
        let result = folded
        self.folded.withLock { if $0.epoch < result.epoch { $0 = result } }
        return result.certified
    }

    /// What signs at an index, when this process has the private key that counts there.
    ///
    /// For checkpoints the index is that of the last entry of the tree.
    public func signer(
        _ purpose: KeyCertificate.Purpose, at index: UInt64, in certified: CertifiedKeys
    ) -> (any Signer)? {
        guard let key = certified.current(purpose, at: index)?.key.keyID else { return nil }
        if let signer = held.withLock({ $0.signers[key] }) { return signer }
        let mayLook = held.withLock { held in
            if let looked = held.looked, looked.key == key, looked.at.duration(to: .now) < Self.pause { return false }
            held.looked = (key, .now)
            return true
        }
        // A second time, since the process that rotates may have renamed its file between listing and reading.
        for _ in 0..<2 where mayLook {
            add(reload())
            if let signer = held.withLock({ $0.signers[key] }) { return signer }
        }
        return held.withLock { $0.signers[key] }
    }

    /// What will sign the next event, as far as was seen: a guess without reading.
    var likelyEventSigner: (any Signer)? {
        let key = folded.withLock { $0.certified.eventKey(at: .max)?.keyID }
        return key.flatMap { key in held.withLock { $0.signers[key] } }
    }

    /// Takes keys that are about to be certified.
    func add(_ signers: [any Signer]) {
        held.withLock { held in for signer in signers { held.signers[signer.publicKey.keyID] = signer } }
    }
}
