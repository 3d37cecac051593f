import Crypto
import Ledger
import Testing

@Suite struct `Known tiles` {
    private static let size: UInt64 = 66_000
    private static let (tiles, root) = {
        var frontier = TileFrontier()
        let tiles = MemoryTiles(frontier.append((0..<Int(size)).map(Reference.leaf)))
        return (tiles, frontier.root)
    }()

    /// Tiles without the first one of a level.
    private struct Without: HashTileReader {
        let level: Int

        func tile(level: Int, index: UInt64) throws -> [UInt8]? {
            level == self.level && index == 0 ? nil : tiles.tile(level: level, index: index)
        }
    }

    @Test func `lead to the proofs that stored tiles lead to`() throws {
        var known = KnownTiles()
        for index in stride(from: 0, to: Self.size, by: 997) {
            for size in [index + 1, (index / 256 + 1) * 256, 65_536, Self.size] where index < size && size <= Self.size
            {
                let (leaf, proof) = try InclusionProof.ofLeaf(at: index, size: size, reading: Self.tiles, &known)
                #expect(leaf == Reference.leaf(Int(index)))
                #expect(proof == (try InclusionProof(index: index, size: size, reading: Self.tiles)))
            }
        }
    }

    @Test func `are not read again, unless they are of leaves`() throws {
        var known = KnownTiles()
        _ = try InclusionProof.ofLeaf(at: 0, size: Self.size, reading: Self.tiles, &known)
        let (leaf, proof) = try InclusionProof.ofLeaf(at: 999, size: Self.size, reading: Without(level: 1), &known)
        #expect(proof.verify(leaf: leaf, root: Self.root))
        #expect(throws: LedgerError.self) {
            try InclusionProof.ofLeaf(at: 0, size: Self.size, reading: Without(level: 0), &known)
        }
        var none = KnownTiles()
        #expect(throws: LedgerError.self) {
            try InclusionProof.ofLeaf(at: 999, size: Self.size, reading: Without(level: 1), &none)
        }
    }
}
