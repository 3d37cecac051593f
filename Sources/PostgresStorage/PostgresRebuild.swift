import Concurrency
import Storage

/// Fresh tables beside the live ones, filled by `COPY` over several connections.
///
/// Rows are spread by their keys, so that a change follows its row on the same connection. The position of the tables counts
/// the steps in which they were filled, from a number on that is nobody else's, so that two who rebuild the same projection
/// notice each other.
final class PostgresRebuild: ProjectionRebuild {
    /// What is left to be done when all rows are there.
    private enum Step: Sendable { case digesting, indexing(String) }

    private static let width = 2
    private static let setup = ["SET synchronous_commit = off", "SET maintenance_work_mem = '128MB'"]

    private let projection: any FollowingProjection
    private let names: ViewNames
    private let store: PostgresProjectionStore
    private let parts: [PostgresWorker]
    private let steps: Locked<UInt64>
    /// The server's processes of the connections that are in a transaction.
    private let backends = Locked<[Int: Int64]>([:])

    init(
        _ projection: any FollowingProjection, _ names: ViewNames, in store: PostgresProjectionStore, from step: UInt64
    ) {
        (self.projection, self.names, self.store, steps) = (projection, names, store, Locked(step))
        parts = (0..<Self.width).map {
            PostgresWorker(store.address, setup: Self.setup, label: "cxrledger.postgres.rebuild.\($0)")
        }
    }

    func fill(_ changes: [TableChange]) async throws(StorageError) {
        let step = steps.withLock { $0 }
        var shares = [[TableChange]](repeating: [], count: parts.count)
        for change in changes { shares[Int(UInt(bitPattern: change.key.hashValue) % UInt(parts.count))].append(change) }
        let (agreement, changes) = (Agreement(of: parts.count), shares)
        try await each { [self] part, worker throws(StorageError) in
            try await worker.run { [self] session throws(StorageError) in
                defer { backends.withLock { $0[part] = nil } }
                try session.transaction("BEGIN") { () throws(StorageError) in
                    do throws(StorageError) {
                        try note(session, of: part)
                        if part == 0 { try store.advance(projection, from: step, to: step + 1, session) }
                        var batch = CopyBatch(projection, names)
                        for change in changes[part] { batch.add(change) }
                        try batch.write(session)
                    } catch {
                        agreement.vote(false)
                        throw error
                    }
                    guard agreement.vote(true) else { throw Self.dissent }
                }
            }
        }
        steps.withLock { $0 += 1 }
    }

    /// The rows are digested and the indexes made beside the live tables, which answer until all of it is done.
    func finish(at position: UInt64) async throws(StorageError) -> ProjectionState {
        let state = Locked<ProjectionState?>(nil)
        let due = Locked(
            ([.digesting] + projection.tables.flatMap { names.indexes($0, .rebuilt) }.map { Step.indexing($0) })[...])
        try await each { part, worker throws(StorageError) in
            while let step = due.withLock({ $0.popFirst() }) {
                guard !Task.isCancelled else { throw StorageError(.unavailable, detail: "it was cancelled") }
                try await worker.run { [self] session throws(StorageError) in
                    defer { backends.withLock { $0[part] = nil } }
                    try session.transaction("BEGIN") { () throws(StorageError) in
                        try note(session, of: part)
                        switch step {
                        case .indexing(let statement): try session.execute(statement)
                        case .digesting:
                            let digest = try PostgresProjectionStore.digest(
                                projection, .rebuilt, names, at: position, session)
                            state.withLock { $0 = digest }
                        }
                    }
                }
            }
        }
        try await store.swap(projection, after: steps.withLock { $0 }, at: position)
        guard let state = state.withLock({ $0 }) else { preconditionFailure("all steps were taken") }
        return state
    }

    func discard() async throws(StorageError) { try await store.discard(projection, after: steps.withLock { $0 }) }

    private static let dissent = StorageError(.unavailable, detail: "another connection could not take its part")

    private func note(_ session: PostgresSession, of part: Int) throws(StorageError) {
        let backend = try session.run("SELECT pg_backend_pid()::bigint").integer(0, 0)
        backends.withLock { $0[part] = backend }
    }

    /// Does something on all connections at once; a task that is cancelled does not wait until the server is done.
    ///
    /// - Throws: what is wrong with the changes rather than what follows from it.
    private func each(
        _ body: @escaping @Sendable (Int, PostgresWorker) async throws(StorageError) -> Void
    ) async throws(StorageError) {
        let isOver = Locked(false)
        let failures = await withTaskCancellationHandler {
            defer { isOver.withLock { $0 = true } }
            return await withTaskGroup(of: StorageError?.self) { group in
                for (part, worker) in parts.enumerated() {
                    group.addTask {
                        do throws(StorageError) { try await body(part, worker) } catch { return error }
                        return nil
                    }
                }
                return await group.reduce(into: []) { $0 += [$1].compactMap(\.self) }
            }
        } onCancel: {
            Task { [self] in
                // Again and again: the server forgets it of a connection that is between two statements.
                while !isOver.withLock({ $0 }) {
                    let running = backends.withLock { Array($0.values) }
                    try? await store.interrupt(running)  // otherwise it ends when the server is done
                    try? await Task.sleep(for: .milliseconds(100))  // nobody cancels this task
                }
            }
        }
        if let failure = failures.first(where: { $0.code == .corrupt }) ?? failures.first { throw failure }
    }
}
