/// What a log publishes under its prefix (C2SP tlog-tiles): one file that changes, and files that never do.
public enum TileResource: Hashable, Sendable {
    /// The signed note over everything that is published.
    case checkpoint
    /// Hashes of the tree.
    case hashes(TileCoordinate)
    /// The entries of a tile of level 0.
    case entries(TileCoordinate)

    /// Where it lies under the prefix, such as `tile/entries/x001/067.p/17`.
    public var path: String {
        switch self {
        case .checkpoint: "checkpoint"
        case .hashes(let tile): tile.path
        case .entries(let tile): tile.entriesPath
        }
    }

    /// Reads a path; nil for every other spelling than `path` gives.
    public init?(path: String) {
        if path == "checkpoint" {
            self = .checkpoint
        } else if let tile = TileCoordinate(path: path) {
            self = .hashes(tile)
        } else if let tile = TileCoordinate(entriesPath: path) {
            self = .entries(tile)
        } else {
            return nil
        }
        // By bytes: to Swift there are other spellings that are the same.
        guard self.path.utf8.elementsEqual(path.utf8) else { return nil }
    }

    /// The place in the tree; nil for the checkpoint.
    public var tile: TileCoordinate? {
        switch self {
        case .checkpoint: nil
        case .hashes(let tile), .entries(let tile): tile
        }
    }

    /// The same tile with another number of hashes or entries; the checkpoint is itself.
    public func with(width: Int) -> TileResource {
        switch self {
        case .checkpoint: self
        case .hashes(let tile): .hashes(TileCoordinate(level: tile.level, index: tile.index, width: width))
        case .entries(let tile): .entries(TileCoordinate(level: tile.level, index: tile.index, width: width))
        }
    }

    /// The most bytes that it can have.
    public var maximumBytes: Int {
        switch self {
        case .checkpoint: SignedNote.maximumSize
        case .hashes(let tile): tile.width * 32
        case .entries(let tile): tile.width * (2 + Int(UInt16.max))
        }
    }
}
