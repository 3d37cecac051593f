import Crypto
import Ledger
import Storage
import StorageTestSupport

/// A published log, checked from nothing but its files and the pinned root.
struct PublishedAudit {
    let checkpoint: Checkpoint
    let note: String

    /// - Throws: at the first thing that is wrong; nil when nothing is published.
    static func run(_ source: any TileSource, of log: TestLog) async throws -> PublishedAudit? {
        guard let note = try await source.checkpoint() else { return nil }
        let checkpoint = try Checkpoint(note: note, signedBy: [log.checkpointSigner.verifierKey])
        var auditor = LogAuditor(pinnedRoot: log.pinnedRoot, origin: log.origin)
        var tiles = MemoryTiles()
        for tile in TileCoordinate.all(size: checkpoint.size) {
            guard let hashes = try await source.hashes(tile) else { throw AuditFailure(tile.path) }
            tiles.insert([HashTile(level: tile.level, index: tile.index, hashes: hashes.digests)])
            guard tile.level == 0 else { continue }
            guard let entries = try await source.entries(tile) else {
                throw AuditFailure(tile.entriesPath)
            }
            let (_, made) = try auditor.check(entries)
            guard made.contains(where: { $0.level == 0 && $0.index == tile.index && $0.bytes == hashes }) else {
                throw AuditFailure("\(tile.path) holds other entries than its bundle")
            }
        }
        guard try Merkle.root(size: checkpoint.size, reading: tiles) == checkpoint.root,
            auditor.edge.root == checkpoint.root
        else { throw AuditFailure("the published root is not that of the published tiles") }
        return PublishedAudit(checkpoint: checkpoint, note: note)
    }
}

extension [UInt8] {
    var digests: [Digest] {
        stride(from: 0, to: count, by: 32).compactMap { Digest(bytes: self[$0..<Swift.min($0 + 32, count)].span) }
    }
}
