import Crypto
import Ledger
import Testing

@Suite struct `Proofs` {
    private static let leaves = (0..<600).map(Reference.leaf)
    private static let tiles = {
        var frontier = TileFrontier()
        return MemoryTiles(frontier.append(leaves))
    }()
    private static let roots = {
        var edge = RightEdge()
        return [edge.root]
            + leaves.map { leaf in
                edge.append(leaf)
                return edge.root
            }
    }()
    /// Every size up to 70, and those around the edges of tiles.
    private static let sizes = Array(1...70) + [127, 128, 129, 255, 256, 257, 300, 511, 512, 513, 600]

    /// RFC 6962 section 2.1.1, word by word.
    private func path(_ index: Int, _ leaves: ArraySlice<Digest>) -> [Digest] {
        guard leaves.count > 1 else { return [] }
        var split = 1
        while split * 2 < leaves.count { split *= 2 }
        let (left, right) = (leaves.prefix(split), leaves.dropFirst(split))
        return index < split
            ? path(index, left) + [Reference.root(right)] : path(index - split, right) + [Reference.root(left)]
    }

    @Test(arguments: sizes) func `of inclusion hold for every leaf, and for nothing else`(size: Int) throws {
        for index in stride(from: 0, to: size, by: size > 70 ? 7 : 1) {
            let proof = try InclusionProof(index: UInt64(index), size: UInt64(size), reading: Self.tiles)
            let (leaf, root) = (Self.leaves[index], Self.roots[size])
            #expect(proof.hashes == path(index, Self.leaves.prefix(size)))
            #expect(proof.verify(leaf: leaf, root: root))
            #expect(!proof.verify(leaf: Self.leaves[(index + 1) % 600], root: root))
            #expect(!proof.verify(leaf: leaf, root: Self.roots[size - 1]))
            func fails(_ index: UInt64, _ size: UInt64, _ hashes: [Digest]) -> Bool {
                !InclusionProof(index: index, size: size, hashes: hashes).verify(leaf: leaf, root: root)
            }
            #expect(fails(proof.index, proof.size, proof.hashes + [root]))
            #expect(fails(proof.index, proof.size, [leaf] + proof.hashes))
            if !proof.hashes.isEmpty { #expect(fails(proof.index, proof.size, proof.hashes.dropLast())) }
            if size > 1 { #expect(fails((proof.index + 1) % proof.size, proof.size, proof.hashes)) }
            for position in proof.hashes.indices {
                var hashes = proof.hashes
                hashes[position] = leaf
                #expect(fails(proof.index, proof.size, hashes))
            }
        }
        #expect(throws: LedgerError.self) {
            try InclusionProof(index: UInt64(size), size: UInt64(size), reading: Self.tiles)
        }
        #expect(!InclusionProof(index: UInt64(size), size: UInt64(size), hashes: []).verify(leaf: .zero, root: .zero))
    }

    @Test(arguments: sizes) func `of consistency hold for every earlier size, and for nothing else`(new: Int) throws {
        for old in stride(from: 0, through: new, by: new > 70 ? 5 : 1) {
            let proof = try ConsistencyProof(old: UInt64(old), new: UInt64(new), reading: Self.tiles)
            let (oldRoot, newRoot) = (Self.roots[old], Self.roots[new])
            #expect(proof.verify(oldRoot: oldRoot, newRoot: newRoot), "\(old) to \(new)")
            #expect(!proof.verify(oldRoot: .zero, newRoot: newRoot))
            if old > 0 { #expect(!proof.verify(oldRoot: oldRoot, newRoot: .zero)) }
            func fails(_ old: UInt64, _ new: UInt64, _ hashes: [Digest]) -> Bool {
                !ConsistencyProof(old: old, new: new, hashes: hashes).verify(oldRoot: oldRoot, newRoot: newRoot)
            }
            #expect(fails(proof.old, proof.new, proof.hashes + [newRoot]))
            if !proof.hashes.isEmpty {
                #expect(fails(proof.old, proof.new, proof.hashes.dropLast()))
                #expect(fails(proof.old, proof.new, []))
            }
            for position in proof.hashes.indices {
                var hashes = proof.hashes
                hashes[position] = .zero
                #expect(fails(proof.old, proof.new, hashes))
            }
        }
        #expect(throws: LedgerError.self) {
            try ConsistencyProof(old: UInt64(new) + 1, new: UInt64(new), reading: Self.tiles)
        }
        #expect(!ConsistencyProof(old: 2, new: 1, hashes: []).verify(oldRoot: .zero, newRoot: .zero))
    }

    @Test func `from larger trees need few tiles, all known beforehand`() throws {
        var frontier = TileFrontier()
        let tiles = frontier.append((0..<70_000).lazy.map(Reference.leaf))
        let all = MemoryTiles(tiles)
        for (index, size) in [(0, 70_000), (69_999, 70_000), (65_535, 65_536), (12_345, 66_001), (65_536, 70_000)]
            as [(UInt64, UInt64)]
        {
            let needed = InclusionProof.tiles(index: index, size: size)
            let few = MemoryTiles(
                tiles.filter { tile in needed.contains { $0.level == tile.level && $0.index == tile.index } })
            let proof = try InclusionProof(index: index, size: size, reading: few)
            let root = try Merkle.root(size: size, reading: all)
            #expect(proof.verify(leaf: Reference.leaf(Int(index)), root: root) && needed.count <= 4)
            let prefix = try ConsistencyProof(old: index + 1, new: size, reading: all)
            #expect(prefix.verify(oldRoot: try Merkle.root(size: index + 1, reading: all), newRoot: root))
            let known = ConsistencyProof.tiles(old: index + 1, new: size)
            let some = MemoryTiles(
                tiles.filter { tile in known.contains { $0.level == tile.level && $0.index == tile.index } })
            #expect(try ConsistencyProof(old: index + 1, new: size, reading: some) == prefix)
        }
    }

    @Test func `with absurd sizes are refused without a crash`() {
        for size: UInt64 in [.max, 1 << 63, .max - 1] {
            #expect(throws: LedgerError.self) { try InclusionProof(index: 5, size: size, reading: Self.tiles) }
            #expect(throws: LedgerError.self) { try ConsistencyProof(old: 5, new: size, reading: Self.tiles) }
            #expect(throws: LedgerError.self) { try TileFrontier(size: size, reading: MemoryTiles()) }
            let hashes = [Digest](repeating: .zero, count: 64)
            #expect(!InclusionProof(index: size - 1, size: size, hashes: hashes).verify(leaf: .zero, root: .zero))
            #expect(!ConsistencyProof(old: size - 1, new: size, hashes: hashes).verify(oldRoot: .zero, newRoot: .zero))
        }
    }
}
