public import Ledger

/// A place that a log is published to, in the layout of C2SP tlog-tiles; any number of processes may publish there.
public protocol TileTarget: TileSource {
    /// What a metric calls it: `folder` or `s3`.
    var kind: String { get }

    /// How many files may be put at once.
    var width: Int { get }

    /// Puts a tile or a bundle, which never changes: the same bytes again are fine, and others, which the caller has
    /// proved, take the place of damaged ones.
    ///
    /// It is durable, and seen by every reader, once `replaceCheckpoint` or `removePartials` returns.
    func put(_ bytes: [UInt8], at resource: TileResource) async throws(StorageError)

    /// Puts a checkpoint over what was put before, if `expected` still is there (compare and swap).
    ///
    /// - Returns: the checkpoint that is there now: `note`, or the other one that was found in place of `expected`.
    func replaceCheckpoint(_ expected: String?, with note: String) async throws(StorageError) -> String?

    /// Removes every unfinished form of a tile or bundle that was put in full.
    func removePartials(of resource: TileResource) async throws(StorageError)
}
