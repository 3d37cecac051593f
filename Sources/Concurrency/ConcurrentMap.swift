import Dispatch

/// Maps on all cores, in chunks, keeping the order; short inputs are mapped in place, where starting threads costs more.
public func concurrentMap<Input: Sendable, Output: Sendable>(
    _ inputs: [Input], minimumChunk: Int = 8, _ transform: @escaping @Sendable (Input) -> Output
) -> [Output] {
    let workers = min(ProcessorCount.available, inputs.count / minimumChunk)
    guard workers > 1 else { return inputs.map(transform) }
    let chunk = (inputs.count + workers - 1) / workers
    let results = Locked<[Int: [Output]]>([:])
    DispatchQueue.concurrentPerform(iterations: workers) { worker in
        let part = inputs[min(worker * chunk, inputs.count)..<min((worker + 1) * chunk, inputs.count)].map(transform)
        results.withLock { $0[worker] = part }
    }
    let parts = results.withLock { $0 }
    return (0..<workers).flatMap { parts[$0] ?? [] }
}
