@testable import Inference

/// Any bytes as a `.keras` archive; then, behind the checksums of an archive, as what its members hold: a config, four
/// bytes 0xFF, and the weight file.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzModels(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    if let archive = try? ModelArchive(bytes) {
        run(config: archive.config, weights: archive.weights)
    } else if let cut = bytes.firstRange(of: [0xFF, 0xFF, 0xFF, 0xFF]) {
        run(config: Array(bytes[..<cut.lowerBound]), weights: Array(bytes[cut.upperBound...]))
    }
    return 0
}

/// The way of `KerasModel` and `InferenceEngine`, up to an answer when that costs little.
private func run(config: [UInt8], weights: [UInt8]) {
    guard let config = try? ConfigValue.parse(config, file: "config.json"), let weights = try? WeightFile(weights),
        let graph = try? GraphReader(model: config, weights).graph,
        let program = try? Lowering.program(for: graph), let plan = try? Plan(program),
        plan.cost < 1 << 18, plan.arenaCount < 1 << 18
    else { return }
    let executor = Executor(plan, weights: AlignedFloats(plan.weights), arena: AlignedFloats(count: plan.arenaCount))
    let answer = executor.run([Float](repeating: 0.5, count: graph.nodes[0].shape.count))
    precondition(answer.count == graph.nodes[graph.output].shape.count, "an answer of the declared size")
}
