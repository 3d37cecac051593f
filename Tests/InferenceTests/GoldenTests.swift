import Testing

@testable import Inference

@Suite struct `A model that Keras saved` {
    @Test(arguments: Fixture.golden) func `gives what Keras gave, within 1e-5`(name: String) throws {
        let engine = try InferenceEngine(model: Fixture.model(name), threads: 2)
        let (answers, expected) = (try engine.run(Fixture.rows(name + ".input")), try Fixture.rows(name + ".output"))
        try #require(answers.count == expected.count)
        for (answer, keras) in zip(answers, expected) {
            #expect(answer.count == keras.count)
            #expect(zip(answer, keras).allSatisfy { abs($0 - $1) < 1e-5 })
        }
    }

    @Test func `describes itself`() throws {
        let model = try Fixture.model("pneumonia_cnn_v1")
        #expect(model.name == "pneumonia_cnn_v1")
        #expect(model.inputShape == [160, 160, 1])
        #expect(model.outputWidth == 1)
        #expect(model.parameterCount == 175_473)
        #expect(model.kerasVersion == "3.15.1")
        #expect(model.layers.count == 61)
        #expect(
            model.layers[1]
                == LayerSummary(name: "conv2d", kind: "Conv2D", outputShape: [80, 80, 16], parameterCount: 144))
    }

    @Test func `names the layers of a nested model by their path`() throws {
        let model = try Fixture.model("mobilenetv2_three_class_96")
        #expect(model.outputWidth == 3)
        let nested = model.layers.filter { $0.name.hasPrefix("mobilenetv2_0.35_96/") }
        #expect(nested.count == 154)
        #expect(nested.contains { $0.name == "mobilenetv2_0.35_96/Conv1" && $0.outputShape == [48, 48, 16] })
        #expect(model.parameterCount == 414_051)
    }
}
