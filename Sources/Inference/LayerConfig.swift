/// The settings of one layer, read strictly: a setting nobody handles is an error, never ignored.
struct LayerConfig {
    /// The layer's path in the model, such as `mobilenetv2/Conv1`.
    let path: String
    /// Keras' class name, such as `Conv2D`.
    let kind: String
    private let values: [String: ConfigValue]

    /// What changes training, or names things, but not what an inference computes.
    private static let irrelevant: Set<String> = [
        "name", "trainable", "build_input_shape", "seed", "kernel_initializer", "bias_initializer",
        "kernel_regularizer", "bias_regularizer", "activity_regularizer", "kernel_constraint", "bias_constraint",
        "depthwise_initializer", "depthwise_regularizer", "depthwise_constraint", "pointwise_initializer",
        "pointwise_regularizer", "pointwise_constraint", "beta_initializer", "gamma_initializer",
        "moving_mean_initializer", "moving_variance_initializer", "beta_regularizer", "gamma_regularizer",
        "beta_constraint", "gamma_constraint", "momentum", "synchronized", "renorm_clipping", "renorm_momentum",
    ]

    init(path: String, kind: String, values: [String: ConfigValue]) throws(InferenceError) {
        (self.path, self.kind, self.values) = (path, kind, values)
        let type = values["dtype"]?["config"]?["name"] ?? values["dtype"] ?? .null
        guard type == .string("float32") || type == .null else {
            throw unsupported("computes in another type than float32")
        }
        guard try string("data_format", default: "channels_last") == "channels_last" else {
            throw unsupported("data_format must be channels_last")
        }
    }

    /// Refuses a setting that is neither listed, nor irrelevant to inference, nor null or false.
    func handles(_ keys: String...) throws(InferenceError) {
        for (key, value) in values where value != .null && value != .bool(false) {
            guard keys.contains(key) || Self.irrelevant.contains(key) || key == "dtype" || key == "data_format" else {
                throw unsupported("setting \"\(InferenceError.printable(key))\" is not implemented")
            }
        }
    }

    func unsupported(_ reason: String) -> InferenceError {
        InferenceError(
            .unsupportedLayer, layer: path,
            "\(InferenceError.printable(kind)): \(reason); retrain without it or export the model differently")
    }

    func malformed(_ key: String) -> InferenceError {
        InferenceError(
            .malformedConfig, layer: path, "\(InferenceError.printable(kind)): \"\(key)\" is missing or wrong")
    }

    subscript(key: String) -> ConfigValue? { values[key].flatMap { $0 == .null ? nil : $0 } }

    func string(_ key: String, default fallback: String) throws(InferenceError) -> String {
        guard let value = self[key] else { return fallback }
        guard let string = value.string else { throw malformed(key) }
        return string
    }

    func flag(_ key: String, default fallback: Bool) throws(InferenceError) -> Bool {
        guard let value = self[key] else { return fallback }
        guard let flag = value.bool else { throw malformed(key) }
        return flag
    }

    func number(_ key: String, default fallback: Double) throws(InferenceError) -> Double {
        guard let value = self[key] else { return fallback }
        guard let number = value.number, Float(number).isFinite else { throw malformed(key) }
        return number
    }

    /// A size of at least 1 that fits the kernels' `Int32`.
    func size(_ key: String, default fallback: Int? = nil) throws(InferenceError) -> Int {
        guard let size = self[key]?.integer ?? (self[key] == nil ? fallback : nil), 1...0xFFFF ~= size else {
            throw malformed(key)
        }
        return size
    }

    /// A number for both axes, or `[height, width]`.
    func extent(_ key: String, default fallback: Extent? = nil) throws(InferenceError) -> Extent {
        let value = self[key]
        if value == nil, let fallback { return fallback }
        let (height, width) = (value?.array?.first ?? value, value?.array?.last ?? value)
        guard value?.array?.count ?? 2 == 2, let height = height?.integer, let width = width?.integer,
            1...4096 ~= height, 1...4096 ~= width
        else { throw malformed(key) }
        return Extent(height: height, width: width)
    }

    /// The padding of a window over `input`, by TensorFlow's rule for "same": as little as the stride allows, the odd
    /// pixel after.
    func padding(of window: Window, over input: Shape) throws(InferenceError) -> Padding {
        switch try string("padding", default: "valid") {
        case "valid": return Padding()
        case "same":
            func total(_ size: Int, _ stride: Int, _ reach: Int) -> Int {
                max(((size + stride - 1) / stride - 1) * stride + reach - size, 0)
            }
            let height = total(input.height, window.stride.height, window.reach.height)
            let width = total(input.width, window.stride.width, window.reach.width)
            return Padding(top: height / 2, bottom: height - height / 2, left: width / 2, right: width - width / 2)
        default: throw unsupported("padding must be \"valid\" or \"same\"")
        }
    }

    /// The function named by `activation`; none means linear.
    func activation() throws(InferenceError) -> Activation {
        guard let value = self["activation"] else { return .linear }
        guard let name = value.string else { throw unsupported("a custom activation") }
        switch name {
        case "linear": return .linear
        case "relu": return .relu
        case "relu6": return .clamp(low: 0, high: 6)
        case "sigmoid": return .sigmoid
        case "softmax": return .softmax
        case "tanh": return .tanh
        case "silu", "swish": return .silu
        case "hard_sigmoid": return .hardSigmoid
        case "hard_silu", "hard_swish": return .hardSilu
        case "elu": return .elu(alpha: 1)
        case "leaky_relu": return .leakyRelu(slope: 0.2)
        default: throw unsupported("activation \"\(InferenceError.printable(name))\" is not implemented")
        }
    }
}
