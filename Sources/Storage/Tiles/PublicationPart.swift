import Crypto
import Ledger

/// Files to be published, made from stored bytes that were all checked, and the tree as far as they go.
struct PublicationPart: Sendable {
    private(set) var files: [(resource: TileResource, bytes: [UInt8])] = []
    private(set) var frontier: TileFrontier

    /// How many tiles' worth of entries are made into one part: their memory is bounded.
    static let tiles: UInt64 = 8

    /// Makes the next part of a publication: every tile and bundle that becomes full, and with the last part the
    /// unfinished ones.
    ///
    /// It goes on from the frontier of the tree that was published, or that the part before ended with.
    static func make(
        after frontier: TileFrontier, for checkpoint: Checkpoint, reading reader: any LogReader
    ) throws(StorageError) -> Result<PublicationPart, ChainDamage> {
        // A bundle is made whole, also of entries that an unfinished one held before.
        let start = frontier.size & ~0xFF
        let end = min(checkpoint.size, start + tiles << 8)
        switch try reader.promised(start..<end, by: checkpoint) {
        case .failure(let damage): return .failure(damage)
        case .success(let (entries, leaves)):
            var part = PublicationPart(frontier: frontier)
            part.add(entries, from: start)
            let changed = part.frontier.append(leaves.dropFirst(Int(frontier.size - start)))
            part.add(changed.filter { $0.hashes.count == HashTile.width })
            if end == checkpoint.size {
                part.add(part.frontier.partial)
                // Cannot happen: every leaf was proved.
                guard part.frontier.root == checkpoint.root else { return .failure(ChainDamage(.published, at: start)) }
            }
            return .success(part)
        }
    }

    private init(frontier: TileFrontier) { self.frontier = frontier }

    private mutating func add(_ entries: [[UInt8]], from start: UInt64) {
        for first in stride(from: 0, to: entries.count, by: HashTile.width) {
            let bundle = entries[first..<min(first + HashTile.width, entries.count)]
            let tile = TileCoordinate(level: 0, index: (start + UInt64(first)) >> 8, width: bundle.count)
            files.append((.entries(tile), EntryBundle.encode(Array(bundle))))
        }
    }

    private mutating func add(_ tiles: [HashTile]) {
        for tile in tiles { files.append((.hashes(tile.coordinate), tile.bytes)) }
    }
}
