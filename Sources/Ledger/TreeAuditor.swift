public import Crypto

/// Verifies what binds the entries of a log to each other: the tree, the order in each stream, and time.
///
/// It does not look at signatures, keys or other fields. When the root that it arrives at is one that the log has signed,
/// every entry is what the log promised. Memory: a row for each stream.
public struct TreeAuditor: Sendable {
    var order = EntryOrder()

    /// The unfinished tiles after the last entry that was accepted.
    public internal(set) var frontier = TileFrontier()

    /// Starts before the first entry.
    public init() {}

    /// How many entries were accepted.
    public var size: UInt64 { frontier.size }

    /// The root of their tree.
    public var root: Digest { frontier.root }

    /// When the last one was recorded, in microseconds since 1970.
    public var lastRecordedAt: Int64 { order.lastRecordedAt }

    /// Entries, hashed and skimmed: what can be done with each by itself, so that parts of a log are prepared at once.
    public struct Part: Sendable {
        fileprivate struct Skimmed: Sendable {
            let leafHash: Digest
            let skim: EnvelopeSkim
            /// Of the envelope.
            let digest: Digest
        }

        fileprivate private(set) var entries: [Skimmed] = []
        /// What is wrong with the entry after those; nothing behind it counts.
        fileprivate private(set) var failure: LedgerError?

        /// Begins with no entry, and room for some.
        public init(capacity: Int) { entries.reserveCapacity(capacity) }

        /// Adds the next entry.
        public mutating func append(_ bytes: Span<UInt8>) {
            guard failure == nil else { return }
            do throws(LedgerError) {
                let envelope = bytes.extracting(try Entry.envelopeRange(in: bytes))
                entries.append(
                    Skimmed(
                        leafHash: Merkle.leafHash(entry: bytes), skim: try EnvelopeSkim(envelope),
                        digest: SHA256.hash(envelope)))
            } catch { failure = error }
        }
    }

    /// The most streams that room is made for beforehand, since a damaged log may claim any size.
    private static let mostExpected = 1 << 20

    /// Makes room for the streams of a log of so many entries, if it goes on as it began.
    public mutating func expect(_ entries: UInt64) {
        let share = Double(order.chains.ends.count) / Double(max(1, size))
        order.reserve(Int(min(Double(Self.mostExpected), share * Double(entries))))
    }

    /// Verifies the next entries in index order.
    ///
    /// - Returns: every tile that they changed, complete.
    /// - Throws: the first finding; the entries before it are accepted, it and those after it are not.
    public mutating func check(_ part: Part) throws(LedgerFinding) -> [HashTile] {
        var leaves: [Digest] = []
        leaves.reserveCapacity(part.entries.count)
        var finding: LedgerFinding?
        for entry in part.entries {
            do throws(LedgerFinding) {
                try order.accept(
                    entry.skim.stream, version: entry.skim.version, previous: entry.skim.previous,
                    recordedAt: entry.skim.recordedAt, digest: entry.digest, at: size + UInt64(leaves.count))
                leaves.append(entry.leafHash)
            } catch {
                finding = error
                break
            }
        }
        let tiles = frontier.append(leaves)
        if let finding { throw finding }
        if let failure = part.failure {
            throw LedgerFinding(
                failure.code == .layout || failure.code == .tooLarge ? .layout : .canonical, at: size,
                "The entry is malformed: \(failure).")
        }
        return tiles
    }
}
