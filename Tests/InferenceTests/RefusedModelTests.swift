import Foundation
import Testing

@testable import Inference

/// Well-formed files that say something the engine cannot, or must not, compute.
@Suite struct `A model that does not fit` {
    /// The error of a fixture whose config has `text` replaced.
    private func error(
        replacing text: String, by other: String, in name: String = Fixture.small
    ) throws -> InferenceError {
        var writer = ArchiveWriter(try Fixture.bytes(name + ".keras"))
        let config = String(decoding: writer["config.json"], as: UTF8.self)
        try #require(config.contains(text), "the fixture has no \(text)")
        writer["config.json"] = Array(config.replacing(text, with: other).utf8)
        let archive = writer.archive
        return try #require(throws: InferenceError.self) {
            _ = try InferenceEngine(model: KerasModel(archive: archive), threads: 1)
        }
    }

    @Test func `is refused when a layer's weights belong to another`() throws {
        let error = try error(replacing: "\"conv2d_7\"", by: "\"conv2d_x\"")
        #expect(error == InferenceError(.missingWeights, layer: "conv2d_x", ""))
        #expect(error.description.contains("conv2d_x") && error.description.contains("conv2d_7"))
    }

    @Test func `is refused when a weight has another shape`() throws {
        #expect(try error(replacing: "\"filters\": 8,", by: "\"filters\": 9,").code == .shapeMismatch)
        #expect(try error(replacing: "\"kernel_size\": [7, 7]", by: "\"kernel_size\": [5, 5]").code == .shapeMismatch)
        #expect(try error(replacing: "[null, 96, 96, 1]", by: "[null, 96, 96, 2]").code == .shapeMismatch)
    }

    @Test(arguments: [
        ("\"class_name\": \"AveragePooling2D\"", "\"class_name\": \"LSTM\""),
        ("\"class_name\": \"Concatenate\"", "\"class_name\": \"Subtract\""),
        ("\"groups\": 1", "\"groups\": 2"), ("channels_last", "channels_first"),
        ("\"activation\": \"sigmoid\"", "\"activation\": \"softsign\""), ("\"renorm\": false", "\"renorm\": true"),
        ("\"name\": \"float32\"", "\"name\": \"mixed_float16\""), ("\"axis\": -1", "\"axis\": 1"),
        ("\"keepdims\": false", "\"keepdims\": false, \"new_setting\": 3"),
        ("\"padding\": \"same\"", "\"padding\": \"causal\""),
        ("\"kwargs\": {\"mask\": null}", "\"kwargs\": {\"training\": true}"),
        ("[null, 96, 96, 1]", "[null, null, 96, 1]"),
    ])
    func `is refused, by name, when something is not implemented`(text: String, other: String) throws {
        let error = try error(replacing: text, by: other)
        #expect(error.code == .unsupportedLayer)
        #expect(error.layer != nil)
    }

    @Test(arguments: ["\"Rescaling\",\"config\":{\"scale\":2", "\"ReLU\",\"config\":{\"max_value\":6"])
    func `is refused when a value for each channel would fill the memory`(layer: String) throws {
        var writer = ArchiveWriter(try Fixture.bytes(Fixture.small + ".keras"))
        let input = #"{"class_name":"InputLayer","config":{"name":"i","batch_shape":[null,1,1,134217728]}}"#
        let flatten = #"{"class_name":"Flatten","config":{"name":"f"}}"#
        let layers = "[\(input),{\"class_name\":\(layer),\"name\":\"l\"}},\(flatten)]"
        writer["config.json"] = Array(#"{"class_name":"Sequential","config":{"name":"s","layers":\#(layers)}}"#.utf8)
        let archive = writer.archive
        let error = try #require(throws: InferenceError.self) {
            _ = try InferenceEngine(model: KerasModel(archive: archive), threads: 1)
        }
        #expect(error.code == .tooLarge && error.layer == "l")
    }

    @Test func `is refused when layers wait for each other`() throws {
        let cycle = try error(
            replacing: "\"keras_history\": [\"conv2d_4\", 0, 0]", by: "\"keras_history\": [\"activation\", 0, 0]")
        #expect(cycle.code == .malformedConfig)
        let missing = try error(
            replacing: "\"keras_history\": [\"conv2d_4\", 0, 0]", by: "\"keras_history\": [\"x\", 0, 0]")
        #expect(missing.code == .malformedConfig)
        #expect(
            try error(replacing: "\"output_layers\": [\"dense_10\"", by: "\"output_layers\": [\"x\"").code
                == .malformedConfig)
    }

    @Test func `is refused when sizes are absurd`() throws {
        for size in ["4611686018427387904", "-3", "0", "1e400", "\"7\""] {
            let error = try error(replacing: "\"kernel_size\": [7, 7]", by: "\"kernel_size\": [7, \(size)]")
            #expect(error.code == .malformedConfig)
        }
        #expect(try error(replacing: "[null, 96, 96, 1]", by: "[null, 9600000, 9600000, 1]").code == .unsupportedLayer)
        #expect(try error(replacing: "[[3, 3], [3, 3]]", by: "[[4000, 4000], [4000, 4000]]").code != .malformedArchive)
    }

    @Test func `is refused when a weight is not a number`() throws {
        var writer = ArchiveWriter(try Fixture.bytes("simple_cnn_64.keras"))
        var weights = writer["model.weights.h5"]
        // The largest tensor fills most of the file, so its middle is a weight.
        let middle = weights.count / 2 & ~3
        weights.replaceSubrange(middle..<middle + 8, with: [UInt8](repeating: 0xFF, count: 8))
        writer["model.weights.h5"] = weights
        let archive = writer.archive
        let error = try #require(throws: InferenceError.self) { _ = try KerasModel(archive: archive) }
        #expect(error == InferenceError(.notFinite, layer: "dense", ""))
    }

    @Test func `is refused when a hostile name would reach the log`() throws {
        let error = try error(
            replacing: "\"conv2d_7\"", by: "\"evil\\n\\u001b[31m\(String(repeating: "a", count: 200))\"")
        #expect(error.description.utf8.allSatisfy { $0 >= 32 && $0 < 127 })
        #expect(error.description.count < 500)
    }

    @Test func `is refused with an impossible number of threads`() throws {
        let model = try Fixture.model(Fixture.small)
        for threads in [0, -1, 257] {
            let error = #expect(throws: InferenceError.self) { _ = try InferenceEngine(model: model, threads: threads) }
            #expect(error?.code == .invalidSetting)
        }
    }

    @Test func `refuses images of another size, and images that are not finite`() throws {
        let engine = try InferenceEngine(model: Fixture.model(Fixture.small), threads: 1)
        let image = [Float](repeating: 0, count: 96 * 96)
        #expect(throws: InferenceError.self) { _ = try engine.run([image, [1]]) }
        let error = #expect(throws: InferenceError.self) { _ = try engine.run([[.nan] + image.dropLast()]) }
        #expect(error?.code == .notFinite)
    }
}
