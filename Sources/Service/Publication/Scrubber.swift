import Concurrency
import Ledger
import Storage

/// Hashes committed entries again, pass after pass, and holds them against the tree of the released checkpoint.
final class Scrubber: Sendable {
    /// How far it has come since the start of the process.
    struct Progress: Hashable, Sendable {
        /// The next entry of the pass under way.
        var position: UInt64 = 0
        /// All entries before this one were found sound.
        var soundTo: UInt64 = 0
        var passes = 0
        var entries: UInt64 = 0
        /// Entries of the pass under way that are not what was signed.
        var damaged: UInt64 = 0
        /// Whether the last pass that was over found none.
        var isSound = false
        fileprivate var isTold = false
    }

    private static let chunk: UInt64 = 1_024
    private let log: any EventStore
    private let state = Locked(Progress())

    init(log: any EventStore) { self.log = log }

    var progress: Progress { state.withLock { $0 } }

    /// Checks the next entries, up to a number; at the end of the log a pass is over and the next begins.
    ///
    /// - Returns: the first damage of a pass; those after it are only counted.
    func advance(_ count: UInt64, under checkpoint: Checkpoint) async throws(StorageError) -> ChainDamage? {
        var (rest, found): (UInt64, ChainDamage?) = (count, nil)
        var progress = progress
        while rest > 0, checkpoint.size > 0 {
            if progress.position >= checkpoint.size {
                progress.passes += 1
                progress.isSound = progress.damaged == 0
                (progress.position, progress.damaged, progress.isTold) = (0, 0, false)
                break
            }
            let start = progress.position
            let range = start..<min(checkpoint.size, start + min(rest, Self.chunk))
            let result = try await log.read { reader throws(StorageError) in
                try reader.promised(range, by: checkpoint).map { _ in () }
            }
            switch result {
            case .success: progress.position = range.upperBound
            case .failure(let damage):
                progress.position = max(start, damage.index) + 1
                progress.damaged += 1
                if !progress.isTold { found = damage }
                progress.isTold = true
                progress.soundTo = min(progress.soundTo, damage.index)
            }
            if start <= progress.soundTo, case .success = result {
                progress.soundTo = max(progress.soundTo, progress.position)
            }
            rest -= progress.position - start
            progress.entries += progress.position - start
        }
        let result = progress
        state.withLock { $0 = result }
        return found
    }
}
