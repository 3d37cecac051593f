import Crypto
import Ledger
import TestSupport
import Testing

/// RFC 6962 section 2.1, word by word: the slow way to compare with.
enum Reference {
    static func leaf(_ number: Int) -> Digest { Merkle.leafHash(entry: Array(String(number).utf8)) }

    static func root(_ leaves: ArraySlice<Digest>) -> Digest {
        if leaves.count < 2 { return leaves.first ?? Merkle.emptyRoot }
        var split = 1
        while split * 2 < leaves.count { split *= 2 }
        return Merkle.nodeHash(root(leaves.prefix(split)), root(leaves.dropFirst(split)))
    }
}

@Suite struct `The tree` {
    static let known = [
        (0, "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="), (1, "2zQm6HgGjSjSabbIcXIyLOU3K2V1bQeJAB00g19gHAM="),
        (2, "ywCYnZSlacCmeK4EK2Pc1GJduWRAUX83put5duok7Us="), (3, "cl1SMNto9VdHDcNfHYhlgTrNfrsHrRUndBQd7LrnEyc="),
        (7, "o+I7Msy2v5bQktFl2KpUbgmCnejwOw6JV1gdHha5K98="), (8, "O4WpYmwcy2TGuV7H+mSIje/izxLjnnfhCBLOX8uctY4="),
        (256, "goUV0DPBnYyQHzfsy4rtkZZncDSG+NL/8c9wQDIcXbE="), (257, "HtoEmkNR2G92JSvX7At3Rq11t/oDFq1fVB29pFijEsQ="),
        (300, "hOE+weA3FVrmGXV1mbLNIa2lpWXg/ZsxOcDDxsG4rak="),
    ]

    @Test(arguments: known) func `has the known roots`(size: Int, root: String) throws {
        let leaves = (0..<size).map(Reference.leaf)
        let expected = try #require(Base64.decode(root).flatMap { Digest(bytes: $0) })
        var edge = RightEdge()
        for leaf in leaves { edge.append(leaf) }
        var frontier = TileFrontier()
        let tiles = MemoryTiles(frontier.append(leaves))
        #expect(edge.root == expected && frontier.root == expected && Reference.root(leaves[...]) == expected)
        #expect(try Merkle.root(size: UInt64(size), reading: tiles) == expected)
    }

    @Test func `has the known hash of an empty leaf`() {
        #expect(Base64.encode(Merkle.leafHash(entry: []).bytes) == "bjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB0=")
    }

    @Test func `keeps one hash for each 1-bit of its size`() throws {
        var edge = RightEdge()
        for size in 1...UInt64(600) {
            edge.append(Reference.leaf(Int(size)))
            #expect(edge.size == size && edge.hashes.count == size.nonzeroBitCount)
            #expect(try RightEdge(decoding: edge.encoded()) == edge)
        }
        let bytes = edge.encoded()
        for bad in [[], Array(bytes.dropLast()), bytes + [0], Array(bytes.dropLast(32)), Array(bytes.prefix(7))] {
            #expect(throws: LedgerError.self) { try RightEdge(decoding: bad) }
        }
    }
}

@Suite struct `Tiles` {
    @Test(arguments: 0..<30 as Range<UInt64>) func `are the same however the leaves are batched`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let leaves = (0..<Int.random(in: 1...2000, using: &random)).map(Reference.leaf)
        var whole = TileFrontier()
        let expected = whole.append(leaves)
        var (stored, frontier, edge, start) = (MemoryTiles(), TileFrontier(), RightEdge(), 0)
        while start < leaves.count {
            let end = min(leaves.count, start + Int.random(in: 1...700, using: &random))
            // Now and then the frontier is lost and read from the stored tiles again.
            if Bool.random(using: &random) { frontier = try TileFrontier(size: UInt64(start), reading: stored) }
            stored.insert(frontier.append(leaves[start..<end]))
            for leaf in leaves[start..<end] { edge.append(leaf) }
            #expect(frontier.edge == edge && frontier.root == edge.root)
            start = end
        }
        #expect(frontier == whole)
        for tile in expected { #expect(stored.tile(level: tile.level, index: tile.index) == tile.bytes) }
        #expect(Set(expected.map(\.coordinate)).isSuperset(of: TileCoordinate.all(size: UInt64(leaves.count))))
        #expect(whole.partial == expected.filter { $0.hashes.count < 256 })
    }

    @Test func `of 70,000 entries are those of the specification's example`() throws {
        var frontier = TileFrontier()
        let tiles = frontier.append((0..<70_000).lazy.map(Reference.leaf))
        #expect(tiles.count(where: { $0.level == 0 && $0.hashes.count == 256 }) == 273)
        #expect(
            frontier.partial.map(\.coordinate) == [
                TileCoordinate(level: 0, index: 273, width: 112), TileCoordinate(level: 1, index: 1, width: 17),
                TileCoordinate(level: 2, index: 0, width: 1),
            ])
        #expect(try TileFrontier(size: 70_000, reading: MemoryTiles(tiles)) == frontier)
        #expect(
            Array(TileCoordinate.all(size: 256)) == [.init(level: 0, index: 0), .init(level: 1, index: 0, width: 1)])
        #expect(TileCoordinate.all(size: .max).first == .init(level: 0, index: 0))
    }

    @Test func `that are missing or short are noticed`() throws {
        var frontier = TileFrontier()
        let tiles = frontier.append((0..<700).map(Reference.leaf))
        for tile in frontier.partial {
            let others = tiles.filter { $0.coordinate != tile.coordinate }
            #expect(throws: LedgerError.self) { try TileFrontier(size: 700, reading: MemoryTiles(others)) }
            var short = MemoryTiles(others)
            short.insert([HashTile(level: tile.level, index: tile.index, hashes: Array(tile.hashes.dropLast()))])
            #expect(throws: LedgerError.self) { try TileFrontier(size: 700, reading: short) }
            #expect(throws: LedgerError.self) { try InclusionProof(index: 699, size: 701, reading: MemoryTiles(tiles)) }
        }
    }

    @Test(
        arguments: [
            (0, 0, 256, "tile/0/000"), (0, 273, 256, "tile/0/273"), (1, 1000, 256, "tile/1/x001/000"),
            (63, 1_234_067, 256, "tile/63/x001/x234/067"), (0, 273, 112, "tile/0/273.p/112"),
            (2, 0, 1, "tile/2/000.p/1"),
            (0, 1_234_067, 255, "tile/0/x001/x234/067.p/255"),
        ] as [(Int, UInt64, Int, String)])
    func `have the paths of C2SP`(level: Int, index: UInt64, width: Int, path: String) {
        let coordinate = TileCoordinate(level: level, index: index, width: width)
        #expect(coordinate.path == path && TileCoordinate(path: path) == coordinate)
        #expect(coordinate.entriesPath == path.replacing("tile/\(level)/", with: "tile/entries/"))
    }

    @Test(arguments: [
        "", "tile", "tile/0", "tile/0/", "tile/0/0", "tile/0/00", "tile/0/0000", "tile/00/000", "tile/64/000",
        "tile/-1/000",
        "tile/+1/000", "tile/0/x000/001", "tile/0/001/067", "tile/0/x001/x067", "tile/0/x001", "tile/0/000.p/0",
        "tile/0/000.p/256", "tile/0/000.p/01", "tile/0/000.p/", "tile/0/000.p", "tile/0/000/", "/tile/0/000",
        "tile/0/abc",
        "tile/0/000.p/1/2", "tile/0/xx01/000", "tile/0/-01", "tile/0/x999/x999/x999/x999/x999/x999/x999/999",
        "tile/0/1e1",
        "tile/entries/000",
    ])
    func `have no other paths`(path: String) { #expect(TileCoordinate(path: path) == nil) }

    @Test func `carry their entries in bundles`() {
        let entries = (0..<256).map { [UInt8](repeating: UInt8($0), count: $0 + 1) }
        let bytes = EntryBundle.encode(entries)
        #expect(EntryBundle.decode(bytes) == entries && bytes.prefix(6) == [0, 1, 0, 0, 2, 1])
        for bad in [[], [0], [0, 0], [0, 1], [0, 2, 1], bytes + [0, 1, 1], Array(bytes.dropLast())] {
            #expect(EntryBundle.decode(bad) == nil)
        }
    }
}
