import Concurrency
import Crypto
import Ledger

/// The tiles that proofs of inclusion share.
final class ProofTiles: Sendable {
    private let known = Locked(KnownTiles())

    /// The stored hash of a leaf, and the proof that it is in the tree under `root`.
    ///
    /// - Throws: `.proof` when the stored tiles do not prove it, and whatever the reader throws.
    func prove(
        _ index: UInt64, size: UInt64, root: Digest, reading tiles: some HashTileReader
    ) throws -> (leaf: Digest, proof: InclusionProof) {
        var known = known.withLock { $0 }
        let (leaf, proof) = try InclusionProof.ofLeaf(at: index, size: size, reading: tiles, &known)
        guard proof.verify(leaf: leaf, root: root) else { throw LedgerError(.proof, "of \(index)") }
        let proved = known
        self.known.withLock { $0 = proved }  // of two at once one is kept, which costs the other a reading
        return (leaf, proof)
    }
}
