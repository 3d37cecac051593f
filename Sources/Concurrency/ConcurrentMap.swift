public import Dispatch

/// Maps on all cores, in chunks, keeping the order; short inputs are mapped in place, where starting threads costs more.
@inlinable public func concurrentMap<Input: Sendable, Output: Sendable>(
    _ inputs: [Input], minimumChunk: Int = 8, _ transform: @escaping @Sendable (Input) -> Output
) -> [Output] {
    let workers = min(ProcessorCount.available, inputs.count / minimumChunk)
    guard workers > 1 else { return inputs.map(transform) }
    let chunk = (inputs.count + workers - 1) / workers
    return unsafe [Output](unsafeUninitializedCapacity: inputs.count) { results, count in
        // Each worker fills places of its own, and all have ended when `concurrentPerform` returns.
        nonisolated(unsafe) let results = unsafe results
        DispatchQueue.concurrentPerform(iterations: workers) { worker in
            for place in min(worker * chunk, inputs.count)..<min((worker + 1) * chunk, inputs.count) {
                unsafe results.initializeElement(at: place, to: transform(inputs[place]))
            }
        }
        count = inputs.count
    }
}
