import Crypto
import Ledger

/// A path, a line feed, and any bytes as what lies there: hashes of a tile, or a bundle of entries.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzTiles(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    let line = bytes.prefix { $0 != 0x0A }
    let content = Array(bytes.dropFirst(line.count + 1))
    if let entries = EntryBundle.decode(content) {
        precondition((1...HashTile.width).contains(entries.count), "a bundle is bounded")
        precondition(EntryBundle.encode(entries) == content, "a bundle has one spelling")
    }
    guard let path = String(validating: line, as: UTF8.self), let resource = TileResource(path: path) else { return 0 }
    precondition(Array(resource.path.utf8) == Array(line), "a path has one spelling")
    guard let tile = resource.tile else { return 0 }
    precondition((1...HashTile.width).contains(tile.width) && (0...63).contains(tile.level), "a tile is bounded")
    precondition(resource.with(width: tile.width) == resource && resource.maximumBytes > 0, "a tile is itself")
    read(HostileTiles(bytes: content), around: tile)
    return 0
}

/// The same bytes, whichever tile is asked for.
private struct HostileTiles: HashTileReader {
    let bytes: [UInt8]

    func tile(level: Int, index: UInt64) throws -> [UInt8]? { bytes.isEmpty ? nil : bytes }
}

/// Proofs and edges of trees of about the size at which there is such a tile.
private func read(_ tiles: HostileTiles, around tile: TileCoordinate) {
    let (index, overflow) = tile.index.multipliedReportingOverflow(by: 256)
    let (size, carry) = index.addingReportingOverflow(UInt64(tile.width))
    guard !overflow, !carry, size <= Int64.max else { return }
    if let proof = try? InclusionProof(index: size - 1, size: size, reading: tiles) {
        precondition(proof.hashes.count <= 64, "a proof is bounded")
        _ = proof.verify(leaf: .zero, root: .zero)
    }
    if size > 1, let proof = try? ConsistencyProof(old: size / 2, new: size, reading: tiles) {
        precondition(!proof.verify(oldRoot: .zero, newRoot: .zero), "nobody knows what hashes to zero")
    }
    _ = try? Merkle.root(size: size, reading: tiles)
    _ = try? TileFrontier(size: size, reading: tiles).root
}
