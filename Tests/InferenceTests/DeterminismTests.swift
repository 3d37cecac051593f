import CKernels
import TestSupport
import Testing

@testable import Inference

/// Serialised, because one test switches the kernels of the whole process.
///
/// Other suites may run meanwhile; the bits are the same, which is what is tested here.
@Suite(.serialized) struct `The bits of an answer` {
    private static let names = ["pneumonia_cnn_v1", "densenet_like_gray_96", "mobilenetv2_three_class_96"]

    private static func images(_ count: Int, for model: KerasModel) -> [[Float]] {
        var random = SplitMix64(seed: 7)
        let size = model.inputShape.reduce(1, *)
        return (0..<count).map { _ in (0..<size).map { _ in Float.random(in: 0...1, using: &random) } }
    }

    private static func bits(_ answers: [[Float]]) -> [[UInt32]] { answers.map { $0.map(\.bitPattern) } }

    @Test(arguments: names, [1, 2, 5])
    func `depend on neither the batch nor the threads`(name: String, threads: Int) throws {
        let model = try Fixture.model(name)
        let images = Self.images(8, for: model)
        let alone = try InferenceEngine(model: model, threads: 1)
        let expected = try Self.bits(images.map { try alone.run([$0])[0] })
        let engine = try InferenceEngine(model: model, threads: threads)
        for size in [1, 3, 8] {
            #expect(Self.bits(try engine.run(Array(images.prefix(size)))) == Array(expected.prefix(size)))
        }
        #expect(Set(expected).count > 1 || name.contains("mobilenet"))
    }

    @Test func `do not depend on callers beside each other`() async throws {
        let model = try Fixture.model(Fixture.small)
        let images = Self.images(4, for: model)
        let engine = try InferenceEngine(model: model, threads: 2)
        let expected = Self.bits(try engine.run(images))
        try await withThrowingTaskGroup(of: [[UInt32]].self) { group in
            for _ in 0..<16 { group.addTask { Self.bits(try engine.run(images)) } }
            for try await bits in group { #expect(bits == expected) }
        }
    }

    @Test func `do not depend on the processor's instruction set`() throws {
        let best = ck_best_level()
        defer { ck_use_level(best) }
        let model = try Fixture.model(Fixture.small)
        let (engine, images) = (try InferenceEngine(model: model, threads: 1), Self.images(1, for: model))
        let expected = Self.bits(try engine.run(images))
        for level in 0..<best {
            #expect(ck_use_level(level))
            #expect(InferenceEngine.runtimeDescription.hasSuffix(String(cString: ck_level_name(level))))
            #expect(Self.bits(try engine.run(images)) == expected)
        }
        #expect(!ck_use_level(best + 1))
    }

    @Test(arguments: 0..<30 as Range<UInt64>)
    func `do not depend on the instruction set for any graph`(seed: UInt64) throws {
        let best = ck_best_level()
        defer { ck_use_level(best) }
        var random = try RandomGraph(seed: seed)
        let (plan, image) = (try Plan(Lowering.program(for: random.graph)), random.image())
        let executor = Executor(
            plan, weights: AlignedFloats(plan.weights), arena: AlignedFloats(count: plan.arenaCount))
        let answers = (0...best).map { level in
            ck_use_level(level)
            return executor.run(image).map(\.bitPattern)
        }
        #expect(Set(answers).count == 1)
    }

    @Test func `an empty batch has no answers`() throws {
        #expect(try InferenceEngine(model: Fixture.model(Fixture.small), threads: 1).run([]).isEmpty)
    }
}
