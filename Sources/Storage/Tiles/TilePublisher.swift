import Concurrency
public import Ledger

/// Publishes a log to one place: what was committed since the last time, then the checkpoint over it.
///
/// Stored bytes are read and hashed again, and must be in the tree of the released checkpoint, which must go on from the
/// published one. Bundles and tiles are durable before the checkpoint is put, so whatever is published can be read, and
/// a publication that was cut off anywhere is done again. Any number of processes may publish to one place.
public actor TilePublisher {
    /// What was reached, in this order; for tests that end the process there.
    public enum Step: String, Sendable, CaseIterable {
        case read, put, removed, published
    }

    /// What is published, as this process saw it last, and what the last attempt came to.
    public struct State: Sendable {
        /// Nil before anything was published, or seen.
        public var published: SignedCheckpoint?
        public var failure: PublicationError?
    }

    /// Verifies that the log has signed a note; nil for every other.
    public typealias Verifier = @Sendable (_ note: String) async throws(StorageError) -> Checkpoint?

    public nonisolated let target: any TileTarget
    private let log: any EventStore
    private nonisolated let verify: Verifier
    private let reach: @Sendable (Step) -> Void
    /// Its own thread: it waits for disks.
    private nonisolated let executor = SerialQueueExecutor(label: "cxrledger.publisher")
    private nonisolated let known = Locked(State())
    /// The tree of what is published, so that it is not read again; of the note that it belongs to.
    private var tree: (note: String, frontier: TileFrontier)?
    /// Whether what a process before left unfinished was removed.
    private var isSwept = false

    public init(
        target: any TileTarget, log: any EventStore, verify: @escaping Verifier,
        reaching reach: @escaping @Sendable (Step) -> Void = { _ in }
    ) {
        (self.target, self.log, self.verify, self.reach) = (target, log, verify, reach)
    }

    public nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }

    /// How it stands, without waiting for a publication that is under way.
    public nonisolated var state: State { known.withLock { $0 } }

    /// Looks at what is published, which another process may have changed.
    public nonisolated func look() async throws(PublicationError) -> SignedCheckpoint? {
        let published = try await verified(
            try await reachingTarget { () throws(StorageError) in
                try await target.checkpoint()
            })
        known.withLock { $0.published = published }
        return published
    }

    /// Publishes everything up to a released checkpoint.
    ///
    /// - Returns: what is published afterwards: at least that, or more when another process was here.
    @discardableResult
    public func publish(_ released: SignedCheckpoint) async throws(PublicationError) -> SignedCheckpoint {
        do throws(PublicationError) {
            let published = try await reachingTarget { () throws(StorageError) in try await target.checkpoint() }
            let result = try await publish(released, after: try await verified(published))
            known.withLock { $0 = State(published: result) }
            return result
        } catch {
            known.withLock { $0.failure = error }
            throw error
        }
    }

    /// Adds signatures of others to the published checkpoint, if it still is the one that they were made over.
    ///
    /// - Returns: the checkpoint with them; nil when a later one is published.
    public func add(
        _ signatures: [SignedNote.Signature], to checkpoint: Checkpoint
    ) async throws(PublicationError) -> SignedCheckpoint? {
        while true {
            let found = try await reachingTarget { () throws(StorageError) in try await target.checkpoint() }
            guard let published = try await verified(found), published.checkpoint == checkpoint,
                let note = try? SignedNote(parsing: published.note)
            else { return nil }
            let longer = note.replacing(signatures).description
            if longer == published.note { return published }
            let put = try await reachingTarget { () throws(StorageError) in
                try await target.replaceCheckpoint(published.note, with: longer)
            }
            guard put == longer else { continue }  // somebody else replaced it: look again
            let result = SignedCheckpoint(note: longer, checkpoint: checkpoint)
            if let tree, tree.note == published.note { self.tree = (longer, tree.frontier) }
            known.withLock { $0.published = result }
            return result
        }
    }

    private func publish(
        _ released: SignedCheckpoint, after published: SignedCheckpoint?
    ) async throws(PublicationError) -> SignedCheckpoint {
        let (old, new) = (published?.checkpoint.size ?? 0, released.checkpoint.size)
        if let published, old >= new {
            // What another process published meanwhile shows at the next release; more than that is not for us to judge.
            guard old == new else { throw .ahead(published: old, released: new) }
            guard published.checkpoint.root == released.checkpoint.root else {
                throw .damage(ChainDamage(.published, at: old - 1))
            }
            return published
        }
        let frontier = try await putParts(from: try await frontier(of: published), to: released.checkpoint)
        reach(.put)
        try await removeUnfinished(below: old, in: new)
        reach(.removed)
        let found = try await reachingTarget { () throws(StorageError) in
            try await target.replaceCheckpoint(published?.note, with: released.note)
        }
        guard let winner = try await verified(found) else { throw .foreign }
        if winner.note == released.note {
            (tree, isSwept) = ((released.note, frontier), true)
            reach(.published)
        } else {
            // Another process was quicker; what was unfinished for us may be finished already.
            try await removeUnfinished(below: new, in: winner.checkpoint.size)
        }
        return winner
    }

    private func putParts(
        from published: TileFrontier, to checkpoint: Checkpoint
    ) async throws(PublicationError) -> TileFrontier {
        var frontier = published
        repeat {
            let part = try await reading { [frontier] reader throws(StorageError) in
                try PublicationPart.make(after: frontier, for: checkpoint, reading: reader)
            }
            reach(.read)
            try await put(part.files)
            frontier = part.frontier
        } while frontier.size < checkpoint.size
        return frontier
    }

    private func put(_ files: [(resource: TileResource, bytes: [UInt8])]) async throws(PublicationError) {
        try await forEach(files) { target, file throws(StorageError) in
            try await target.put(file.bytes, at: file.resource)
        }
    }

    /// Removes the unfinished tiles and bundles that end in a full one by now.
    ///
    /// Those of the published checkpoint, and the first time also those of a publication that was cut off.
    private func removeUnfinished(below old: UInt64, in new: UInt64) async throws(PublicationError) {
        guard old > 0 else { return }
        var full: [TileResource] = []
        for level in 0..<8 {
            let first = TileCoordinate.tiles(level: level, size: old).full
            let end = TileCoordinate.tiles(level: level, size: new).full
            for index in first..<max(first, isSwept ? min(end, first + 1) : end) {
                let tile = TileCoordinate(level: level, index: index)
                full += level == 0 ? [.hashes(tile), .entries(tile)] : [.hashes(tile)]
            }
        }
        try await forEach(full) { target, resource throws(StorageError) in
            try await target.removePartials(of: resource)
        }
    }

    /// The tree that is published; the stored one must begin with it.
    private func frontier(of published: SignedCheckpoint?) async throws(PublicationError) -> TileFrontier {
        guard let published else { return TileFrontier() }
        if let tree, tree.note == published.note { return tree.frontier }
        let checkpoint = published.checkpoint
        return try await reading { reader throws(StorageError) in
            do {
                let frontier = try TileFrontier(size: checkpoint.size, reading: reader)
                if frontier.root == checkpoint.root { return .success(frontier) }
            } catch let error as StorageError where error.code != .corrupt { throw error } catch {}
            return .failure(ChainDamage(.published, at: max(checkpoint.size, 1) - 1))
        }
    }

    private nonisolated func verified(_ note: String?) async throws(PublicationError) -> SignedCheckpoint? {
        guard let note else { return nil }
        if let published = state.published, published.note == note { return published }
        let checkpoint: Checkpoint?
        do { checkpoint = try await verify(note) } catch { throw .store(error) }
        guard let checkpoint else { throw .foreign }
        return SignedCheckpoint(note: note, checkpoint: checkpoint)
    }

    private func reading<Value: Sendable>(
        _ body: @escaping @Sendable (any LogReader) throws(StorageError) -> Result<Value, ChainDamage>
    ) async throws(PublicationError) -> Value {
        let result: Result<Value, ChainDamage>
        do { result = try await log.read(body) } catch { throw .store(error) }
        switch result {
        case .success(let value): return value
        case .failure(let damage): throw .damage(damage)
        }
    }

    private nonisolated func reachingTarget<Value: Sendable>(
        _ body: () async throws(StorageError) -> Value
    ) async throws(PublicationError) -> Value {
        do { return try await body() } catch {
            throw error.code == .corrupt || error.code == .incompatible ? .foreign : .target(error)
        }
    }

    /// Runs `body` for each element, as many at once as the target takes.
    private func forEach<Element: Sendable>(
        _ elements: [Element],
        _ body: @escaping @Sendable (any TileTarget, Element) async throws(StorageError) -> Void
    ) async throws(PublicationError) {
        let target = target
        try await reachingTarget { () throws(StorageError) in
            try await concurrentForEach(of: elements, atMost: target.width) { element throws(StorageError) in
                try await body(target, element)
            }
        }
    }
}
