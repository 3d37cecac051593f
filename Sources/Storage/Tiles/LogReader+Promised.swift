public import Crypto
public import Ledger

extension LogReader {
    /// Reads entries and hashes their stored bytes again, each of which must be in the tree of a checkpoint.
    ///
    /// The range must not go beyond the checkpoint, which the log has signed; its tree is rebuilt from the stored tiles as
    /// far as these entries need it.
    ///
    /// - Returns: the entries and their leaf hashes, or the first damage.
    public func promised(
        _ range: Range<UInt64>, by checkpoint: Checkpoint
    ) throws(StorageError) -> Result<(entries: [[UInt8]], leaves: [Digest]), ChainDamage> {
        precondition(range.upperBound <= checkpoint.size, "what was not promised cannot be checked")
        let (entries, damage) = try whole(range)
        let leaves = entries.map { Entry.hash($0) }
        do {
            var tiles = try ProvenTiles(size: checkpoint.size, root: checkpoint.root, reading: self)
            for (offset, leaf) in leaves.enumerated() {
                let index = range.lowerBound + UInt64(offset)
                guard try tiles.leaf(at: index) == leaf else { return .failure(ChainDamage(.entry, at: index)) }
            }
        } catch let error as StorageError where error.code != .corrupt { throw error } catch {
            return .failure(try place(of: leaves, from: range.lowerBound))
        }
        if let damage { return .failure(damage) }
        return .success((entries, leaves))
    }

    /// The entries up to the first that is missing or cannot be read.
    private func whole(
        _ range: Range<UInt64>
    ) throws(StorageError) -> (entries: [[UInt8]], damage: ChainDamage?) {
        var entries: [[UInt8]] = []
        for (offset, entry) in try readable(range).enumerated() {
            guard entry.index == range.lowerBound + UInt64(offset) else { break }
            entries.append(entry.bytes)
        }
        let next = range.lowerBound + UInt64(entries.count)
        return (entries, next < range.upperBound ? ChainDamage(.missing, at: next) : nil)
    }

    private func readable(_ range: Range<UInt64>) throws(StorageError) -> [StoredEntry] {
        do { return try entries(from: range.lowerBound, limit: range.count) } catch {
            guard error.code == .corrupt else { throw error }
        }
        var found: [StoredEntry] = []
        for index in range {
            do { found += try entries(from: index, limit: 1) } catch {
                guard error.code == .corrupt else { throw error }
                return found
            }
        }
        return found
    }

    /// The first entry whose hash is not in its stored tile; where they agree, the first of them stands for all.
    private func place(of leaves: [Digest], from first: UInt64) throws(StorageError) -> ChainDamage {
        var (tile, hashes): (UInt64?, [UInt8]) = (nil, [])
        for (offset, leaf) in leaves.enumerated() {
            let index = first + UInt64(offset)
            if tile != index >> 8 {
                (tile, hashes) = (index >> 8, try storedTile(level: 0, index: index >> 8) ?? [])
            }
            let start = Digest.count * Int(index & 0xFF)
            guard hashes.dropFirst(start).prefix(Digest.count).elementsEqual(leaf.bytes) else {
                return ChainDamage(.tiles, at: index)
            }
        }
        return ChainDamage(.tiles, at: first)
    }
}
