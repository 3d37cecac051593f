public import Crypto

/// One tile of the tree: 1 to 256 hashes of one level (C2SP tlog-tiles).
public struct HashTile: Hashable, Sendable {
    /// The most hashes of a tile.
    public static let width = 256

    /// 0 for leaf hashes; level n + 1 holds the roots of full tiles of level n.
    public let level: Int
    public let index: UInt64
    public let hashes: [Digest]

    public init(level: Int, index: UInt64, hashes: [Digest]) {
        (self.level, self.index, self.hashes) = (level, index, hashes)
    }

    /// The hashes as they are stored and published, 32 bytes for each.
    public var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(hashes.count * Digest.count)
        for hash in hashes { hash.append(to: &bytes) }
        return bytes
    }

    /// Where it stands.
    public var coordinate: TileCoordinate { TileCoordinate(level: level, index: index, width: hashes.count) }
}

/// Gives stored tiles.
public protocol HashTileReader {
    /// The hashes of a tile as far as they are stored; nil when there is none.
    ///
    /// More hashes than a tree of the asked size has are fine: a shorter tile is a prefix of the longer one.
    func tile(level: Int, index: UInt64) throws -> [UInt8]?
}

/// Tiles in memory: for tests, and for stores that fetch tiles before they build a proof.
public struct MemoryTiles: HashTileReader, Sendable {
    private struct Key: Hashable {
        let level: Int
        let index: UInt64
    }

    private var tiles: [Key: [UInt8]] = [:]

    public init(_ tiles: [HashTile] = []) { insert(tiles) }

    /// Adds tiles; a tile at the same place is replaced.
    public mutating func insert(_ added: [HashTile]) {
        for tile in added { tiles[Key(level: tile.level, index: tile.index)] = tile.bytes }
    }

    public func tile(level: Int, index: UInt64) -> [UInt8]? { tiles[Key(level: level, index: index)] }
}
