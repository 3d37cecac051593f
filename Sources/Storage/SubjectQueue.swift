import Concurrency

/// Subjects on their way into a secret store, so that those that come while a transaction is made durable share the next.
public final class SubjectQueue: Sendable {
    private struct Insertion {
        let record: SubjectRecord
        let answer: CheckedContinuation<Result<SubjectRecord, StorageError>, Never>
    }

    private let waiting = Locked<[Insertion]>([])

    public init() {}

    /// Queues a record, calls `submit`, which sees to it that `insertAll` is called later, and waits for the answer.
    public func insert(_ record: SubjectRecord, submit: () -> Void) async throws(StorageError) -> SubjectRecord {
        let result = await withCheckedContinuation { continuation in
            waiting.withLock { $0.append(Insertion(record: record, answer: continuation)) }
            submit()
        }
        return try result.get()
    }

    /// Inserts everything that waits in one transaction; when one of them is impossible, in one for each, so that it harms
    /// no other.
    public func insertAll(_ transaction: ([SubjectRecord]) throws(StorageError) -> [SubjectRecord]) {
        let taken = waiting.withLock { waiting in
            defer { waiting = [] }
            return waiting
        }
        if !taken.isEmpty { insert(taken, transaction) }  // an earlier call may have taken them along
    }

    private func insert(
        _ insertions: [Insertion], _ transaction: ([SubjectRecord]) throws(StorageError) -> [SubjectRecord]
    ) {
        do throws(StorageError) {
            let records = try transaction(insertions.map(\.record))
            for (insertion, record) in zip(insertions, records) { insertion.answer.resume(returning: .success(record)) }
        } catch {
            guard insertions.count == 1 || error.code != .corrupt else {
                return insertions.forEach { insert([$0], transaction) }
            }
            for insertion in insertions { insertion.answer.resume(returning: .failure(error)) }
        }
    }
}
