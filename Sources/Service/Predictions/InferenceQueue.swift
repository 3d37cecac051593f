import Concurrency
import Inference

/// Collects inputs that wait for the same engine and runs them together, up to `BATCH_SIZE` at a time.
///
/// Natural batching without a timer: whoever finds no leader leads, takes what is there, and hands the results out. The
/// engine computes each input by itself, so the company that an input has never changes its result.
final class InferenceQueue: Sendable {
    typealias Answer = Result<(output: [Float], duration: Duration), InferenceError>

    private struct Request: Sendable {
        let engine: InferenceEngine
        let input: [Float]
        let answer: CheckedContinuation<Answer, Never>
    }

    private struct State {
        var waiting: [Request] = []
        var leaders = 0
        var largest = 0
        var batches = 0
    }

    let batchSize: Int
    private let leaders: WorkerPool
    private let state = Locked(State())

    /// No more batches run at once than there are workers, nor than the machine has cores.
    init(batchSize: Int, workers: Int) {
        self.batchSize = max(1, batchSize)
        leaders = WorkerPool(width: min(workers, ProcessorCount.available))
    }

    /// The largest batch so far, and how many there were.
    var statistics: (largest: Int, batches: Int) { state.withLock { ($0.largest, $0.batches) } }

    /// The outputs for one input, and how long the batch was computed that it was in.
    func run(
        _ input: [Float], on engine: InferenceEngine
    ) async throws(ServiceError) -> (output: [Float], duration: Duration) {
        let answer = await withCheckedContinuation { continuation in
            let leads = state.withLock { state in
                state.waiting.append(Request(engine: engine, input: input, answer: continuation))
                guard state.leaders < leaders.width else { return false }
                state.leaders += 1
                return true
            }
            if leads { self.leaders.submit { self.lead() } }
        }
        do { return try answer.get() } catch {
            throw ServiceError(.unavailable, "inference-\(error.code.rawValue)", error.description)
        }
    }

    private func lead() {
        while let batch = next() {
            do {
                let begun = ContinuousClock.now
                let outputs = try batch[0].engine.run(batch.map(\.input))
                let duration = begun.duration(to: .now)
                for (request, output) in zip(batch, outputs) {
                    request.answer.resume(returning: .success((output, duration)))
                }
            } catch {
                for request in batch { request.answer.resume(returning: .failure(error)) }
            }
        }
    }

    private func next() -> [Request]? {
        state.withLock { state in
            guard let first = state.waiting.first else {
                state.leaders -= 1
                return nil
            }
            var batch: [Request] = []
            state.waiting.removeAll { request in
                guard batch.count < batchSize, request.engine === first.engine else { return false }
                batch.append(request)
                return true
            }
            state.largest = max(state.largest, batch.count)
            state.batches += 1
            return batch
        }
    }
}
