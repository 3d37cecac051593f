/// The place of a tile and how many hashes of it are meant.
public struct TileCoordinate: Hashable, Sendable {
    /// 0 to 63.
    public let level: Int
    public let index: UInt64
    /// 1 to 256.
    public let width: Int

    public init(level: Int, index: UInt64, width: Int = HashTile.width) {
        (self.level, self.index, self.width) = (level, index, width)
    }

    /// The C2SP path under the log's prefix, such as `tile/0/x001/067.p/17`.
    public var path: String { "tile/\(level)/" + TilePath.spell(index: index, width: width) }

    /// The C2SP path of the bundle that holds the entries of a tile of level 0, such as `tile/entries/x001/067.p/17`.
    public var entriesPath: String { "tile/entries/" + TilePath.spell(index: index, width: width) }

    /// Reads a tile's path; nil for every other spelling than `path` gives.
    public init?(path: String) {
        let parts = path.utf8.split(separator: UInt8(ascii: "/"), maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0].elementsEqual("tile".utf8), let level = Int(Substring(parts[1])),
            (0...63).contains(level), let (index, width) = TilePath.parse(Substring(parts[2]))
        else { return nil }
        self.init(level: level, index: index, width: width)
        guard self.path == path else { return nil }
    }

    /// Reads the path of a bundle; nil for every other spelling than `entriesPath` gives.
    init?(entriesPath path: String) {
        guard path.utf8.starts(with: "tile/entries/".utf8),
            let (index, width) = TilePath.parse(path.dropFirst("tile/entries/".count))
        else { return nil }
        self.init(level: 0, index: index, width: width)
        guard entriesPath == path else { return nil }
    }

    /// Every tile that a tree of `size` leaves has, level by level, the unfinished one of each level last.
    ///
    /// Made one by one: a size from outside may be far larger than any tree.
    public static func all(size: UInt64) -> some Collection<TileCoordinate> {
        (0..<8).lazy.flatMap { level in
            let (full, partialWidth) = tiles(level: level, size: size)
            return (0..<full + (partialWidth > 0 ? 1 : 0)).lazy.map {
                TileCoordinate(level: level, index: $0, width: $0 < full ? HashTile.width : partialWidth)
            }
        }
    }

    /// The tiles that a tree of `size` leaves has at a level: how many full ones, and how many hashes are beyond them.
    public static func tiles(level: Int, size: UInt64) -> (full: UInt64, partialWidth: Int) {
        guard level < 8 else { return (0, 0) }
        let hashes = size >> UInt64(8 * level)
        return (hashes >> 8, Int(hashes & 0xFF))
    }
}
