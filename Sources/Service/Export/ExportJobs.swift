import Concurrency

/// The exports that were asked for over HTTP: one is written at a time, the others wait.
final class ExportJobs: Sendable {
    /// One of them, as far as this process knows it.
    struct Job: Sendable {
        /// What is `elsewhere` is written, or was finished, by another process.
        enum State: String, Sendable { case waiting, running, done, failed, elsewhere }

        var state = State.waiting
        var done: UInt64 = 0
        let plan: ExportPlan
        /// Why it failed.
        var failure: ServiceError?
    }

    private struct Shelf {
        var jobs: [String: Job] = [:]
        /// What writes each of them, or did.
        var tasks: [String: Task<Void, Never>] = [:]
        /// The one that was asked for last.
        var last: Task<Void, Never>?
    }

    /// How many may be waiting or running.
    static let limit = 16
    private let shelf = Locked(Shelf())

    /// What is known of one.
    func job(_ export: String) -> Job? { shelf.withLock { $0.jobs[export] } }

    /// How many are not finished.
    var open: Int { shelf.withLock { $0.jobs.values.count { $0.state == .waiting || $0.state == .running } } }

    /// Runs `work` when those before are finished; it gets a way to tell how far it is.
    func enqueue(
        _ plan: ExportPlan,
        _ work: @escaping @Sendable (@escaping @Sendable (UInt64) -> Void) async throws(ServiceError) -> Void
    ) {
        shelf.withLock { shelf in
            shelf.jobs[plan.export] = Job(plan: plan)
            let before = shelf.last
            let task = Task(priority: .utility) { [self] in
                await before?.value
                guard !Task.isCancelled else { return }
                change(plan.export) { $0.state = .running }
                do throws(ServiceError) {
                    try await work { done in self.change(plan.export) { $0.done = done } }
                    change(plan.export) { $0.state = .done }
                } catch {
                    let isElsewhere = error.code == Application.exportElsewhere.code
                    change(plan.export) { ($0.state, $0.failure) = (isElsewhere ? .elsewhere : .failed, error) }
                }
            }
            (shelf.tasks[plan.export], shelf.last) = (task, task)
        }
    }

    private func change(_ export: String, _ body: (inout Job) -> Void) {
        shelf.withLock { shelf in
            guard var job = shelf.jobs[export] else { return }
            body(&job)
            shelf.jobs[export] = job
        }
    }

    /// Stops what runs and what waits; it goes on at the next start.
    func stop() {
        for task in shelf.withLock({ $0.tasks.values }) { task.cancel() }
    }
}
