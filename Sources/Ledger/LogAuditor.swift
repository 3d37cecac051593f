public import Crypto

/// Verifies a log front to back, from nothing but a pinned root key.
///
/// Checked are: layout, canonical JSON and fields of each entry; one origin throughout; keys certified by the pinned root
/// at index 0 and later, retired only when they have successors; each signature under the event key that is valid at its index; stream versions without holes, each
/// naming its predecessor's digest; times of recording that never go back. What is right makes the tree.
/// Memory: about 32 bytes for each entry, for the tiles, and a row for each stream.
public struct LogAuditor: Sendable {
    private var order = EntryOrder()
    private var full = MemoryTiles()

    /// The keys that were certified so far, and what became of them.
    public private(set) var keys: CertifiedKeys
    /// The unfinished tiles after the last entry that was accepted.
    public private(set) var frontier = TileFrontier()
    /// When that entry was recorded, in microseconds since 1970.
    public var lastRecordedAt: Int64 { order.lastRecordedAt }

    /// Starts before the first entry.
    ///
    /// - Parameters:
    ///   - pinnedRoot: the root key from outside the log.
    ///   - origin: the log that is expected; nil accepts whichever the root certified keys for.
    public init(pinnedRoot: Ed25519.PublicKey, origin: String?) {
        keys = CertifiedKeys(pinnedRoot: pinnedRoot, origin: origin)
    }

    /// The log that is audited; nil until its first entry when none was asked for.
    public var origin: String? { keys.origin }

    /// How many entries were accepted.
    public var size: UInt64 { frontier.size }

    /// The right edge of their tree; it knows the root.
    public var edge: RightEdge { frontier.edge }

    /// All keys that were certified so far, in the order of their events.
    public var certificates: [KeyCertificate] { keys.certificates }

    /// What was accepted although only a key vouches for it that later turned out to be compromised.
    public var flags: [KeyFlag] { keys.flags(size: size) }

    /// The key that signs the next entry; nil before the first.
    public var eventKey: Ed25519.PublicKey? { keys.eventKey(at: size) }

    /// The key that signs checkpoints of this size under the origin's name; nil before the first entry.
    public var checkpointKey: Ed25519.PublicKey? { keys.checkpointKey(size: size) }

    /// Verifies the next entries in index order, their signatures on all cores.
    ///
    /// - Returns: their envelopes, and every tile that they changed, complete.
    /// - Throws: the first finding; the entries before it are accepted, it and those after it are not.
    public mutating func check(
        _ entries: [[UInt8]]
    ) throws(LedgerFinding) -> (envelopes: [Envelope], tiles: [HashTile]) {
        var leaves: [Digest] = []
        var envelopes: [Envelope] = []
        var finding: LedgerFinding?
        for (offset, entry) in AuditedEntry.concurrently(entries, keys: keys).enumerated() {
            do throws(LedgerFinding) {
                envelopes.append(try accept(entry, at: size + UInt64(offset)))
                leaves.append(entry.leafHash)
            } catch {
                finding = error
                break
            }
        }
        let tiles = frontier.append(leaves)
        full.insert(tiles.filter { $0.hashes.count == HashTile.width })
        if let finding { throw finding }
        return (envelopes, tiles)
    }

    /// The root of the first `size` entries; nil when not so many were accepted.
    public func root(at size: UInt64) -> Digest? {
        var tiles = full
        tiles.insert(frontier.partial)
        guard size <= self.size else { return nil }
        return try? Merkle.root(size: size, reading: tiles)  // cannot fail: every tile is there
    }

    private mutating func accept(_ audited: AuditedEntry, at index: UInt64) throws(LedgerFinding) -> Envelope {
        var keys = keys
        let envelope = try keys.accept(audited, at: index)
        try order.accept(
            StreamChains.name(envelope.stream), version: envelope.version, previous: envelope.previous,
            recordedAt: envelope.recordedAt,
            digest: audited.envelopeDigest, at: index)
        self.keys = keys
        return envelope
    }
}
