import CKernels
import Concurrency
import Dispatch
import Synchronization

/// Runs one model, from any number of threads at once.
///
/// The answer for an image is the same, bit for bit, for any batch size, thread count and processor: each image is
/// computed on its own, by one thread, with sums in a fixed order (`CKernels.h`).
public final class InferenceEngine: Sendable {
    private let plan: Plan
    private let threads: Int
    private let inputCount: Int
    private let weights: AlignedFloats
    /// Memory for one image each, kept for the next call; never more than were in use at once.
    private let arenas = Locked<[AlignedFloats]>([])

    /// Prepares the model: folds, lays out memory, packs the weights.
    ///
    /// - Parameters:
    ///   - model: a model from a file.
    ///   - threads: how many images of one call may be computed at once, 1 to 256.
    /// - Throws: `.invalidSetting` for the threads, `.tooLarge` when an image would need too much memory or time.
    public init(model: KerasModel, threads: Int) throws(InferenceError) {
        guard 1...Limits.threads ~= threads else {
            throw InferenceError(.invalidSetting, "threads must be 1 to \(Limits.threads), not \(threads)")
        }
        plan = try Plan(Lowering.program(for: model.graph))
        weights = AlignedFloats(plan.weights)
        self.threads = threads
        inputCount = model.graph.nodes[0].shape.count
    }

    /// What computed a prediction, to be recorded with it: kernels of the same revision give the same bits.
    public static var runtimeDescription: String {
        "CXRLedger kernels \(Kernels.revision) \(Kernels.instructionSet)"
    }

    /// The answers for images of the model's shape (height, width, channels; row-major), in their order.
    ///
    /// Blocks until all are computed.
    /// - Throws: `.shapeMismatch` or `.notFinite`, naming the image; then there are no answers.
    public func run(_ inputs: [[Float]]) throws(InferenceError) -> [[Float]] {
        for (index, input) in inputs.enumerated() {
            guard input.count == inputCount else {
                throw InferenceError(
                    .shapeMismatch, "image \(index) has \(input.count) values, the model takes \(inputCount)")
            }
            guard unsafe ck_all_finite(input, input.count) else {
                throw InferenceError(.notFinite, "image \(index) has a value that is infinite or not a number")
            }
        }
        let workers = min(threads, inputs.count)
        var answers: [[Float]]
        if workers <= 1 {
            answers = withArena { executor in inputs.map { executor.run($0) } }
        } else {
            let results = Locked([[Float]](repeating: [], count: inputs.count))
            let next = Atomic(0)
            DispatchQueue.concurrentPerform(iterations: workers) { _ in
                withArena { executor in
                    while true {
                        let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
                        guard index < inputs.count else { return }
                        let answer = executor.run(inputs[index])
                        results.withLock { $0[index] = answer }
                    }
                }
            }
            answers = results.withLock { $0 }
        }
        for (index, answer) in answers.enumerated() where !answer.allSatisfy(\.isFinite) {
            throw InferenceError(
                .notFinite, "the answer for image \(index) is not finite; the model's weights are unusable")
        }
        return answers
    }

    private func withArena<Result>(_ body: (Executor) -> Result) -> Result {
        let arena = arenas.withLock { $0.popLast() } ?? AlignedFloats(count: plan.arenaCount)
        defer { arenas.withLock { $0.append(arena) } }
        return body(Executor(plan, weights: weights, arena: arena))
    }
}
