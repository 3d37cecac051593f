import CPowerLossVFS
import Storage

/// The simulated disk that the tests of one suite take turns at.
enum PowerLoss {
    struct CannotSettle: Error {}

    static let vfs = String(cString: powerloss_vfs_name)

    static var happened: Bool { powerloss_happened() != 0 }

    // Both wait until every connection is closed: the last reference to a store may go with a task that has answered but
    // not ended.

    /// Switches power on; it goes after so many operations, or never.
    static func begin(after operations: Int64 = -1) async throws {
        while powerloss_open_files() > 0 { await Task.yield() }
        guard powerloss_begin(operations) == 0 else { throw CannotSettle() }
    }

    /// Leaves what the disk holds: of what was not synced, each sector with a chance of `kept` in 256.
    static func settle(seed: UInt64, kept: UInt32) async throws {
        while powerloss_open_files() > 0 { await Task.yield() }
        guard powerloss_settle(seed, kept) == 0 else { throw CannotSettle() }
    }
}

/// A lock in a real file, which a process that has lost power can no longer write.
struct MortalLock: CheckpointLock {
    let lock: FileCheckpointLock

    func current() throws(StorageError) -> String? { try lock.current() }

    func advance(from expected: String?, to note: String) throws(StorageError) -> String? {
        guard !PowerLoss.happened else { throw StorageError(.unavailable) }
        return try lock.advance(from: expected, to: note)
    }
}
