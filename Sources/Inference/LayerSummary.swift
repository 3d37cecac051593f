/// One layer of a model, for people and for the model card.
public struct LayerSummary: Sendable, Hashable {
    /// The layer's name; inside a nested model its path, such as `mobilenetv2/Conv1`.
    public let name: String
    /// Keras' class name, such as `Conv2D`.
    public let kind: String
    /// Sizes without the batch axis: height, width, channels, or one width.
    public let outputShape: [Int]
    /// Trained values, counting the moving statistics of a batch normalisation as Keras does.
    public let parameterCount: Int
}
