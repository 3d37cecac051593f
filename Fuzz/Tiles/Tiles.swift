import Crypto
import Ledger

@testable import Service

/// Any bytes as what lies at a place that a log is published to: a path, a bundle, tiles of a tree, and an object store's
/// answers.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzTiles(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    if let text = String(validating: bytes, as: UTF8.self) {
        if let resource = TileResource(path: text) {
            precondition(Array(resource.path.utf8) == bytes, "a resource has one path")
            precondition(resource.maximumBytes > 0, "a resource has a bound")
        }
        if let (name, prefix) = Bucket.parse(text) {
            precondition(!name.isEmpty && (prefix.isEmpty || prefix.hasSuffix("/")), "a bucket has a name")
        }
    }
    if let entries = EntryBundle.decode(bytes) {
        precondition(EntryBundle.encode(entries) == bytes, "a bundle has one spelling")
    }
    precondition(ObjectListing.widths(in: bytes).allSatisfy { (1...255).contains($0) }, "a width")
    precondition(ObjectListing.code(of: bytes).map { $0.utf8.count <= 64 } ?? true, "a code")
    tree(bytes)
    return 0
}

/// The first bytes are a size, the rest is what every tile of the tree holds.
private func tree(_ bytes: [UInt8]) {
    guard bytes.count > 8 else { return }
    let size = bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) } & UInt64(Int64.max)
    let tiles = OneTile(bytes: Array(bytes.dropFirst(8)))
    guard let root = try? Merkle.root(size: size, reading: tiles) else { return }
    guard var proven = try? ProvenTiles(size: size, root: root, reading: tiles) else { return }
    for index in [0, size / 2, size - min(size, 1), size] { _ = try? proven.leaf(at: index) }
    _ = try? proven.tile(TileCoordinate(level: 63, index: size))
    _ = try? ConsistencyProof(old: size / 3, new: size, reading: tiles)
}

private struct OneTile: HashTileReader {
    let bytes: [UInt8]

    func tile(level: Int, index: UInt64) -> [UInt8]? { bytes }
}
