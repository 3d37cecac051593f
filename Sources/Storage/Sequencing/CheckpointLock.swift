/// The last released checkpoint, kept apart from the database: a log never signs a smaller or different tree.
public protocol CheckpointLock: Sendable {
    /// The released checkpoint, a signed note; nil before the first.
    func current() throws(StorageError) -> String?

    /// Makes `note` durable as the released checkpoint, if `expected` still is (compare and swap).
    ///
    /// Whoever advances has proved that `note` continues `expected`; of any other note that must be proved first.
    ///
    /// - Returns: the note that is released now, durable: `note`, or the other one that was found in place of
    ///   `expected` and left there.
    func advance(from expected: String?, to note: String) throws(StorageError) -> String?
}
