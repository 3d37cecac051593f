import Crypto
import Glibc
import Ledger
import Storage

/// What the file of the checkpoint lock held when a verification began: what was released by then must be in the log.
struct LockReading: Sendable {
    typealias Finding = VerificationReport.Finding

    private let path: String
    private let notes: [String]
    private let damage: Finding?
    /// The released checkpoint, a signed note.
    let current: String?

    /// Reads a lock; looking creates nothing.
    init(path: String) {
        self.path = path
        var (notes, current, damage): ([String], String?, Finding?) = ([], nil, nil)
        if unsafe access(path, F_OK) == 0 {
            do throws(StorageError) {
                let lock = try FileCheckpointLock(reading: path)
                if let words = try lock.damage() {
                    damage = Self.finding("lock", nil, path, "The checkpoint lock is damaged: \(words).")
                } else {
                    (notes, current) = (try lock.notes(), try lock.current())
                }
            } catch { damage = Self.finding("lock", nil, path, "The checkpoint lock cannot be read.") }
        }
        (self.notes, self.current, self.damage) = (notes, current, damage)
    }

    /// What is wrong with the lock by itself.
    var ownFindings: [Finding] { damage.map { [$0] } ?? [] }

    /// Compares with a log that was read to its end: only whole notes of this log, none ahead of it, each of the same
    /// tree.
    ///
    /// `continues` says whether the log's tree begins with that of a checkpoint, which is not the larger one.
    func findings(
        origin: String, size: UInt64, keys: CertifiedKeys, continues: (Checkpoint) -> Bool
    ) -> [Finding] {
        guard damage == nil else { return [] }
        guard !notes.isEmpty || size == 0 else {
            return [
                Self.finding(
                    "lock-missing", nil, path, "There is no released checkpoint beside a log that has entries.")
            ]
        }
        return notes.compactMap { note in
            guard size > 0 else {
                return Self.finding(
                    "behind", 0, path,
                    "Entries were acknowledged, but the database holds none: run `cxrledger log recover`.")
            }
            let locked: Checkpoint
            switch keys.judge(note, of: origin, size: size) {
            // One signature line and nothing else: every byte of the file is accounted for.
            case .signed(let checkpoint) where note.dropFirst(checkpoint.text.count + 1).count(where: \.isNewline) == 1:
                locked = checkpoint
            case .later(let later):
                return Self.finding(
                    "behind", size, path,
                    ServiceError(AppendError.behind(size: size, locked: later)).detail)
            case .signed, .foreign:
                return Self.finding(
                    "lock", nil, path, "The checkpoint lock holds a note that this log's key did not sign.")
            }
            guard locked.size <= size else {
                let behind = ServiceError(AppendError.behind(size: size, locked: locked.size))
                return Self.finding("behind", size, path, behind.detail)
            }
            guard continues(locked) else {
                return Self.finding(
                    "forked", locked.size, path,
                    "At size \(locked.size) the database has another root than was released.")
            }
            return nil
        }
    }

    private static func finding(_ code: String, _ index: UInt64?, _ file: String, _ sentence: String) -> Finding {
        Finding(code: code, index: index, file: file, sentence: sentence)
    }
}
