import Testing

@testable import Inference

@Suite struct `A plan` {
    @Test(arguments: 0..<200 as Range<UInt64>)
    func `computes what the graph defines, however it is folded`(seed: UInt64) throws {
        var random = try RandomGraph(seed: seed)
        let (graph, image) = (random.graph, random.image())
        let plan = try Plan(Lowering.program(for: graph))
        let arena = AlignedFloats(count: plan.arenaCount)
        let executor = Executor(plan, weights: AlignedFloats(plan.weights), arena: arena)
        let expected = NaiveInterpreter(graph: graph).run(image)
        // Twice in the same arena: the second run must not see what the first left behind.
        for _ in 0..<2 {
            let answer = executor.run(image)
            try #require(answer.count == expected.count)
            let scale = max(1, expected.map(abs).max() ?? 1)
            let error = zip(answer, expected).map { abs(Double($0) - $1) }.max() ?? 0
            #expect(
                error < 2e-5 * scale,
                "\(graph.nodes.map { "\($0.layer) \("\($0.primitive)".prefix(12)) \($0.inputs) \($0.shape)" })")
        }
    }

    @Test func `merges each residual block of the shipped model into two operations`() throws {
        let model = try Fixture.model("pneumonia_cnn_v1")
        let program = try Lowering.program(for: model.graph)
        // The first convolution, 6 blocks of 2, pooling, dense, sigmoid.
        #expect(program.operations.count == 16)
        #expect(program.operations.filter { $0.shortcut != nil }.count == 6)
    }

    @Test func `shares memory between values that do not live together`() throws {
        let model = try Fixture.model("mobilenetv2_transfer_96")
        let program = try Lowering.program(for: model.graph)
        let all = program.values.reduce(0) { $0 + $1.shape.count }
        #expect(try Plan(program).arenaCount < all / 2)
    }
}
