import Crypto

extension TreeAuditor {
    /// All that the audit needs to go on later, to be kept where nobody else writes.
    ///
    /// Integers big-endian: size (8); time of the last entry (8); how many unfinished tiles there are (1), each as level
    /// (1), index (8), hashes (2) and the hashes; then for each stream, sorted, the digest of its name (32), the version of
    /// its last entry (8) and the digest of that entry's envelope (32).
    public func encoded() -> [UInt8] {
        var bytes: [UInt8] = []
        append(size, count: 8, to: &bytes)
        append(UInt64(lastRecordedAt), count: 8, to: &bytes)
        let tiles = frontier.partial
        append(UInt64(tiles.count), count: 1, to: &bytes)
        for tile in tiles {
            append(UInt64(tile.level), count: 1, to: &bytes)
            append(tile.index, count: 8, to: &bytes)
            append(UInt64(tile.hashes.count), count: 2, to: &bytes)
            bytes += tile.bytes
        }
        for (stream, end) in order.chains.ends.sorted(by: { $0.key < $1.key }) {
            stream.append(to: &bytes)
            append(end.version, count: 8, to: &bytes)
            end.digest.append(to: &bytes)
        }
        return bytes
    }

    /// Goes on from what `encoded()` gave.
    ///
    /// - Throws: `.layout`, or `.tile` when the tiles are not those of a tree of the size.
    public init(decoding bytes: some Collection<UInt8>) throws(LedgerError) {
        var reader = ByteReader(Array(bytes))
        let (size, time) = (try reader.number(8), try reader.number(8))
        var tiles: [HashTile] = []
        for _ in 0..<(try reader.number(1)) {
            let (level, index, count) = (try reader.number(1), try reader.number(8), try reader.number(2))
            let hashes = try Digest.list(try reader.bytes(Int(count) * Digest.count)[...])
            tiles.append(HashTile(level: Int(level), index: index, hashes: hashes))
        }
        var ends: [Digest: StreamChains.End] = [:]
        while !reader.isAtEnd {
            let (stream, version) = (try reader.digest(), try reader.number(8))
            ends[stream] = StreamChains.End(version: version, digest: try reader.digest())
        }
        do { frontier = try TileFrontier(size: size, reading: MemoryTiles(tiles)) } catch {
            throw (error as? LedgerError) ?? LedgerError(.tile)
        }
        order = EntryOrder(chains: StreamChains(ends: ends), lastRecordedAt: Int64(clamping: time))
    }

    private func append(_ number: UInt64, count: Int, to bytes: inout [UInt8]) {
        for place in (0..<count).reversed() { bytes.append(UInt8(truncatingIfNeeded: number >> UInt64(8 * place))) }
    }
}

/// Takes bytes apart from front to back.
private struct ByteReader {
    private let content: [UInt8]
    private var position = 0

    init(_ content: [UInt8]) { self.content = content }

    var isAtEnd: Bool { position == content.count }

    mutating func bytes(_ count: Int) throws(LedgerError) -> [UInt8] {
        guard count <= content.count - position else { throw LedgerError(.layout, "it ends too early") }
        defer { position += count }
        return Array(content[position..<position + count])
    }

    mutating func digest() throws(LedgerError) -> Digest {
        guard let digest = Digest(bytes: try bytes(Digest.count)) else { throw LedgerError(.layout) }
        return digest
    }

    mutating func number(_ count: Int) throws(LedgerError) -> UInt64 {
        try bytes(count).reduce(0) { $0 << 8 | UInt64($1) }
    }
}
