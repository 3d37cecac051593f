/// The last released checkpoint, kept apart from the database: a log never signs a smaller or different tree.
public protocol CheckpointLock: Sendable {
    /// The released checkpoint, a signed note; nil before the first.
    func current() throws(StorageError) -> String?

    /// Makes `note` durable as the released checkpoint, unless one of at least its size is there already.
    func advance(to note: String, size: UInt64) throws(StorageError)
}
