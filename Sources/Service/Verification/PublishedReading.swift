import Crypto
import Ledger
import Storage

/// What was published to a folder when a verification began: it must be of the log's tree, and its files those of the tree.
struct PublishedReading: Sendable {
    typealias Finding = VerificationReport.Finding

    private let source: TileFolder
    private let folder: String
    private let note: String?
    private let damage: Finding?

    /// How many wrong files are told of; who wants them all publishes again.
    private static let most = 20

    /// Reads the checkpoint of a folder; looking creates nothing.
    init(folder: String) async {
        (source, self.folder) = (TileFolder(reading: folder), folder)
        do throws(StorageError) {
            (note, damage) = (try await source.checkpoint(), nil)
        } catch {
            let file = "\(folder)/\(TileResource.checkpoint.path)"
            (note, damage) = (
                nil, Finding(code: "published", index: nil, file: file, sentence: "The file cannot be read.")
            )
        }
    }

    /// Whether anything was published, as far as the folder says.
    var isThere: Bool { note != nil || damage != nil }

    /// Compares with a log that was read to its end: its origin, its size, the key that signs checkpoints of a tree of some
    /// size, and whether its tree begins with that of a checkpoint, which is not the larger one.
    func findings(
        origin: String, size: UInt64, key: (UInt64) -> Ed25519.PublicKey?, continues: (Checkpoint) -> Bool
    ) async -> [Finding] {
        if let damage { return [damage] }
        guard let note else { return [] }
        let path = TileResource.checkpoint.path
        guard let claimed = try? Checkpoint(note: note), let key = key(claimed.size),
            let published = try? Checkpoint(note: note, signedBy: [VerifierKey(name: origin, key: key)])
        else { return [finding(nil, path, "What is published there is no checkpoint of this log.")] }
        guard published.size <= size else {
            return [
                finding(
                    size, path,
                    "\(published.size) entries were published, but the database holds \(size): run `cxrledger log recover`."
                )
            ]
        }
        guard continues(published) else {
            return [
                finding(published.size, path, "At size \(published.size) another root was published than the log has.")
            ]
        }
        return await files(of: published)
    }

    /// Holds every bundle and tile against the tree that the bundles' own entries make.
    private func files(of published: Checkpoint) async -> [Finding] {
        var (findings, frontier): ([Finding], TileFrontier) = ([], TileFrontier())
        let (full, partialWidth) = TileCoordinate.tiles(level: 0, size: published.size)
        for number in 0..<full + (partialWidth > 0 ? 1 : 0) where findings.count < Self.most {
            let width = number < full ? HashTile.width : partialWidth
            let place = TileCoordinate(level: 0, index: number, width: width)
            guard let entries = (try? await source.entries(place)) ?? nil else {
                // Without these entries nothing after them can be held against the root.
                return findings + [finding(number << 8, place.entriesPath, "The file is missing or damaged.")]
            }
            let changed = frontier.append(entries.map { Entry.hash($0) })
            for tile in number < full ? changed.filter({ $0.hashes.count == HashTile.width }) : [] {
                if let wrong = await compare(tile) { findings.append(wrong) }
            }
        }
        for tile in frontier.partial where findings.count < Self.most {
            if let wrong = await compare(tile) { findings.append(wrong) }
        }
        if findings.isEmpty, frontier.root != published.root {
            findings.append(
                finding(nil, "tile/entries", "The bundles make another root; publish again to another folder."))
        }
        return findings
    }

    /// A tile that is not the one that the bundles make: either may be damaged.
    private func compare(_ tile: HashTile) async -> Finding? {
        let found = (try? await source.hashes(tile.coordinate)) ?? nil
        let due = tile.bytes
        guard found != due else { return nil }
        let place = zip(found ?? [], due).enumerated().first { $1.0 != $1.1 }?.offset ?? 0
        let span = UInt64(1) << UInt64(8 * (tile.level + 1))
        let index = tile.index * span + UInt64(place / Digest.count) * (span >> 8)
        return finding(
            index, tile.coordinate.path,
            found == nil
                ? "The file is missing or damaged." : "The file and the entries beside it do not belong together.")
    }

    private func finding(_ index: UInt64?, _ path: String, _ sentence: String) -> Finding {
        Finding(code: "published", index: index, file: "\(folder)/\(path)", sentence: sentence)
    }
}
