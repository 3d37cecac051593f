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
        fileprivate let entries: [Skimmed]

        /// How many entries there are.
        public var count: Int { entries.count }

        public init(_ entries: [[UInt8]]) { self.entries = entries.map(Skimmed.init) }
    }

    fileprivate struct Skimmed: Sendable {
        let leafHash: Digest
        let content: Result<(skim: EnvelopeSkim, digest: Digest), LedgerError>

        init(_ bytes: [UInt8]) {
            leafHash = Entry.hash(bytes)
            do throws(LedgerError) {
                let envelope = bytes.span.extracting(try Entry.envelopeRange(in: bytes))
                content = .success((try EnvelopeSkim(envelope), SHA256.hash(envelope)))
            } catch { content = .failure(error) }
        }
    }

    /// Verifies the next entries in index order.
    ///
    /// - Returns: every tile that they changed, complete.
    /// - Throws: the first finding; the entries before it are accepted, it and those after it are not.
    public mutating func check(_ part: Part) throws(LedgerFinding) -> [HashTile] {
        var leaves: [Digest] = []
        leaves.reserveCapacity(part.count)
        var finding: LedgerFinding?
        for (offset, entry) in part.entries.enumerated() {
            do throws(LedgerFinding) {
                try accept(entry, at: size + UInt64(offset))
                leaves.append(entry.leafHash)
            } catch {
                finding = error
                break
            }
        }
        let tiles = frontier.append(leaves)
        if let finding { throw finding }
        return tiles
    }

    private mutating func accept(_ entry: Skimmed, at index: UInt64) throws(LedgerFinding) {
        switch entry.content {
        case .success(let (skim, digest)):
            try order.accept(
                skim.stream, version: skim.version, previous: skim.previous, recordedAt: skim.recordedAt,
                digest: digest, at: index)
        case .failure(let error):
            throw LedgerFinding(
                error.code == .layout || error.code == .tooLarge ? .layout : .canonical, at: index,
                "The entry is malformed: \(error).")
        }
    }
}
