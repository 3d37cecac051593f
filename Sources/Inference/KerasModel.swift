/// A model read from a Keras 3 `.keras` file: its graph and its weights.
///
/// Reads Functional and Sequential models, nested ones included, with one image in and one vector out. Everything
/// else is refused by name: a model that opens computes what Keras computes.
public struct KerasModel: Sendable {
    public let name: String
    /// Height, width, channels.
    public let inputShape: [Int]
    /// Values in the answer: 1 for a sigmoid, n for a softmax over n classes.
    public let outputWidth: Int
    /// In the order of the file; the layers of nested models carry its name before theirs.
    public let layers: [LayerSummary]
    /// All trained values, as Keras' `count_params` counts.
    public let parameterCount: Int
    public let kerasVersion: String
    let graph: Graph

    /// Reads the bytes of a `.keras` file.
    ///
    /// - Throws: `InferenceError`; no input, however malformed, does worse.
    public init(archive: [UInt8]) throws(InferenceError) {
        let archive = try ModelArchive(archive)
        let metadata = try ConfigValue.parse(archive.metadata, file: "metadata.json")
        guard let version = metadata["keras_version"]?.string, version.hasPrefix("3.") else {
            throw InferenceError(.malformedConfig, "the file was not saved by Keras 3; save the model with it again")
        }
        let config = try ConfigValue.parse(archive.config, file: "config.json")
        let reader = try GraphReader(model: config, WeightFile(archive.weights))
        let output = reader.graph.nodes[reader.graph.output]
        guard output.shape.rank == 1 else {
            throw InferenceError(
                .unsupportedLayer, layer: output.layer, "the model must end in a vector, not in \(output.shape)")
        }
        graph = reader.graph
        name = InferenceError.printable(config["config"]?["name"]?.string ?? "model")
        inputShape = reader.graph.nodes[0].shape.sizes
        outputWidth = output.shape.count
        layers = reader.summaries
        parameterCount = reader.summaries.reduce(0) { $0 + $1.parameterCount }
        kerasVersion = InferenceError.printable(version)
    }
}
