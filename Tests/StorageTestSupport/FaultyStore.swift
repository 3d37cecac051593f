import Concurrency
public import Storage

/// Decides which of the operations that pass by fails.
public final class FaultPlan: Sendable {
    private struct State {
        var seen = 0
        var failing: Int?
        var name: String?
    }

    private let state: Locked<State>

    /// Lets the operation with this number, counted from 0, fail; nil lets all succeed.
    public init(failing: Int? = nil) { state = Locked(State(failing: failing)) }

    /// What failed; nil when nothing did so far.
    public var failed: String? { state.withLock { $0.name } }

    /// Counts an operation and throws when it is the one.
    public func pass(_ name: String) throws(StorageError) {
        let fails = state.withLock { state in
            defer { state.seen += 1 }
            guard state.seen == state.failing else { return false }
            state.name = name
            return true
        }
        if fails { throw StorageError(.unavailable, detail: "made to fail: \(name)") }
    }
}

/// A store whose operations fail by plan: before and after a commit, and at each question of a reader.
public struct FaultyStore: EventStore {
    private let store: any EventStore
    private let plan: FaultPlan

    public init(_ store: any EventStore, plan: FaultPlan) { (self.store, self.plan) = (store, plan) }

    public var origin: String { store.origin }
    public var isRemote: Bool { store.isRemote }

    public func commit<Result: Sendable>(
        _ body: @escaping @Sendable (any LogReader) throws(StorageError) -> (write: BatchWrite?, result: Result)
    ) async throws(StorageError) -> Result {
        try plan.pass("begin")
        let result = try await store.commit { [plan] reader throws(StorageError) in
            let planned = try body(FaultyReader(reader: reader, plan: plan))
            try plan.pass("write")
            return planned
        }
        try plan.pass("answer of commit")
        return result
    }

    public func read<Result: Sendable>(
        _ body: @escaping @Sendable (any LogReader) throws(StorageError) -> Result
    ) async throws(StorageError) -> Result {
        try await store.read { [plan] reader throws(StorageError) in
            try body(FaultyReader(reader: reader, plan: plan))
        }
    }

    public func hasGrown(beyond size: UInt64, within limit: Duration) async -> Bool {
        await store.hasGrown(beyond: size, within: limit)
    }
}

/// The checkpoint lock, failing by the same plan.
public struct FaultyLock: CheckpointLock {
    private let lock: any CheckpointLock
    private let plan: FaultPlan

    public init(_ lock: any CheckpointLock, plan: FaultPlan) { (self.lock, self.plan) = (lock, plan) }

    public func current() throws(StorageError) -> String? {
        try plan.pass("look at the lock")
        return try lock.current()
    }

    public func advance(from expected: String?, to note: String) throws(StorageError) -> String? {
        try plan.pass("write the lock")
        let found = try lock.advance(from: expected, to: note)
        try plan.pass("answer of the lock")
        return found
    }
}
