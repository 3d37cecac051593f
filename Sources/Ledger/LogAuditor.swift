public import Crypto

/// Verifies a log front to back, from nothing but a pinned root key.
///
/// Checked are: layout, canonical JSON and fields of each entry; one origin throughout; keys certified by the pinned root
/// at index 0; each signature under the event key that is valid at its index; stream versions without holes, each
/// naming its predecessor's digest; times of recording that never go back. What is right makes the tree.
/// Memory: about 32 bytes for each entry, for the tiles, and a row for each stream.
public struct LogAuditor: Sendable {
    private struct StreamEnd: Sendable {
        let version: UInt64
        let digest: Digest
    }

    /// The event type that certifies keys.
    static let keysType = "KeysCertified"

    private let root: Ed25519.PublicKey
    private var keys = AuditKeys()
    private var streams: [String: StreamEnd] = [:]
    private var full = MemoryTiles()

    /// The log that is audited; nil until its first entry when none was asked for.
    public private(set) var origin: String?
    /// The unfinished tiles after the last entry that was accepted.
    public private(set) var frontier = TileFrontier()
    /// When that entry was recorded, in microseconds since 1970.
    public private(set) var lastRecordedAt: Int64 = 0

    /// Starts before the first entry.
    ///
    /// - Parameters:
    ///   - pinnedRoot: the root key from outside the log.
    ///   - origin: the log that is expected; nil accepts whichever the root certified keys for.
    public init(pinnedRoot: Ed25519.PublicKey, origin: String?) { (root, self.origin) = (pinnedRoot, origin) }

    /// How many entries were accepted.
    public var size: UInt64 { frontier.size }

    /// The right edge of their tree; it knows the root.
    public var edge: RightEdge { frontier.edge }

    /// All keys that were certified so far, in the order of their events.
    public var certificates: [KeyCertificate] { keys.certificates }

    /// The key that signs the next entry; nil before the first.
    public var eventKey: Ed25519.PublicKey? { keys.current(.event, at: size) }

    /// The key that signs checkpoints of this size under the origin's name; nil before the first entry.
    public var checkpointKey: Ed25519.PublicKey? { keys.current(.checkpoint, at: max(size, 1) - 1) }

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
        let (entry, envelope): (Entry, Envelope)
        switch audited.content {
        case .success(let content): (entry, envelope) = content
        case .failure(let error):
            throw LedgerFinding(Self.code(of: error), at: index, "The entry is malformed: \(error).")
        }
        if let origin, !origin.utf8.elementsEqual(envelope.log.utf8) {
            throw LedgerFinding(.origin, at: index, "The entry belongs to the log \(envelope.log).")
        }
        var keys = keys
        keys.add(try certificates(in: envelope, at: index))
        guard let key = keys.current(.event, at: index), key.keyID == entry.keyID else {
            throw LedgerFinding(.key, at: index, "The key \(entry.keyID) is not the event key that is valid here.")
        }
        // A key that this very batch certified was not known when signatures were verified in parallel.
        guard audited.isSignatureValid ?? entry.verify(with: key) else {
            throw LedgerFinding(.signature, at: index, "The signature does not hold.")
        }
        let end = streams[envelope.stream]
        let version = end.map { $0.version + 1 } ?? 0
        guard envelope.version == version else {
            throw LedgerFinding(
                .streamOrder, at: index,
                "The entry has version \(envelope.version) where \(version) is due in its stream.")
        }
        guard envelope.previous == end?.digest else {
            throw LedgerFinding(.previous, at: index, "The entry follows another one in its stream than it names.")
        }
        guard envelope.recordedAt.microseconds >= lastRecordedAt else {
            throw LedgerFinding(.time, at: index, "The entry was recorded before its predecessor.")
        }
        (self.keys, origin, lastRecordedAt) = (keys, envelope.log, envelope.recordedAt.microseconds)
        streams[envelope.stream] = StreamEnd(version: version, digest: audited.envelopeDigest)
        return envelope
    }

    private static func code(of error: LedgerError) -> LedgerFinding.Code {
        error.code == .canonical || error.code == .field ? .canonical : .layout
    }

    /// The certificates that an entry brings: index 0 must, others may, for indices after their own.
    private func certificates(in envelope: Envelope, at index: UInt64) throws(LedgerFinding) -> [KeyCertificate] {
        guard envelope.type == Self.keysType else {
            if index > 0 { return [] }
            throw LedgerFinding(.root, at: index, "The first entry certifies no keys.")
        }
        do throws(LedgerError) {
            let added = try KeyCertificate.list(payload: envelope.payload, root: root, origin: envelope.log)
            guard added.allSatisfy({ index == 0 ? $0.validFrom == 0 : $0.validFrom > index }) else {
                throw LedgerError(.certificate, "valid from an index that has passed")
            }
            return added
        } catch { throw LedgerFinding(.root, at: index, "The keys are not certified by the pinned root: \(error).") }
    }
}
