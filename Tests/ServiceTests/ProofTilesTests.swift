import Crypto
import Ledger
import TestSupport
import Testing

@testable import Service

@Suite struct `Tiles that proofs share` {
    @Test func `are forgotten when they do not prove anything`() throws {
        var frontier = TileFrontier()
        let stored = frontier.append((0..<66_000).map { SHA256.hash(Array("\($0)".utf8)) })
        let damaged = stored.map { tile in
            guard tile.level == 1, tile.hashes.count == HashTile.width else { return tile }
            return HashTile(level: 1, index: 0, hashes: [.zero] + tile.hashes.dropFirst())
        }
        let shared = ProofTiles()
        #expect(throws: LedgerError.self) {
            try shared.prove(700, size: 66_000, root: frontier.root, reading: MemoryTiles(damaged))
        }
        for index: UInt64 in [700, 0, 65_999] {
            let (leaf, proof) = try shared.prove(
                index, size: 66_000, root: frontier.root, reading: MemoryTiles(stored))
            #expect(proof.verify(leaf: leaf, root: frontier.root))
        }
    }
}
