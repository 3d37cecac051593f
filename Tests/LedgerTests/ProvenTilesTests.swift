import Crypto
import Ledger
import TestSupport
import Testing

@Suite struct `Proven tiles` {
    static let leaves = (0..<66_000).map { number in Merkle.leafHash(entry: Array(String(number).utf8)) }

    /// One more leaf than asked for is in the store, as when the log has gone on.
    private func stored(_ size: Int) -> (tiles: MemoryTiles, root: Digest) {
        var frontier = TileFrontier()
        var tiles = MemoryTiles(frontier.append(Self.leaves[..<size]))
        let root = frontier.root
        tiles.insert(frontier.append(Self.leaves[size...size]))
        return (tiles, root)
    }

    @Test(arguments: [1, 2, 255, 256, 257, 511, 512, 5_000, 65_535, 65_536, 65_537, 65_999])
    func `give every leaf of their tree, and none beyond`(size: Int) throws {
        let (tiles, root) = stored(size)
        var proven = try ProvenTiles(size: UInt64(size), root: root, reading: tiles)
        for index in stride(from: 0, to: size, by: max(1, size / 300)).shuffled() + [size - 1] {
            #expect(try proven.leaf(at: UInt64(index)) == Self.leaves[index])
        }
        #expect(throws: LedgerError.self) { try proven.leaf(at: UInt64(size)) }
    }

    @Test func `of an empty tree give none`() throws {
        var proven = try ProvenTiles(size: 0, root: Merkle.emptyRoot, reading: MemoryTiles())
        #expect(throws: LedgerError.self) { try proven.leaf(at: 0) }
        #expect(throws: LedgerError.self) { try ProvenTiles(size: 0, root: .zero, reading: MemoryTiles()) }
    }

    @Test(arguments: 0..<200 as Range<UInt64>) func `show every changed hash to whoever relies on it`(seed: UInt64)
        throws
    {
        var random = SplitMix64(seed: seed)
        let size = Int.random(in: 1...2_000, using: &random)
        let (sound, root) = stored(size)
        let places = Array(TileCoordinate.all(size: UInt64(size)))
        let place = try #require(places.randomElement(using: &random))
        let bytes = try #require(sound.tile(level: place.level, index: place.index))
        var hashes = stride(from: 0, to: Digest.count * place.width, by: Digest.count)
            .compactMap { Digest(bytes: bytes[$0..<$0 + Digest.count].span) }
        let changed = Int.random(in: hashes.indices, using: &random)
        hashes[changed] = Merkle.leafHash(entry: hashes[changed].bytes)
        var tiles = sound
        tiles.insert([HashTile(level: place.level, index: place.index, hashes: hashes)])
        // The first leaf under the changed hash, if it stands for leaves that nothing else vouches for.
        let index = (place.index << 8 | UInt64(changed)) << UInt64(8 * place.level)
        #expect(throws: LedgerError.self) {
            var proven = try ProvenTiles(size: UInt64(size), root: root, reading: tiles)
            _ = try proven.leaf(at: index)
        }
    }
}
