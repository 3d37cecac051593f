/// Turns one call of one layer into primitive nodes.
struct LayerReader {
    let config: LayerConfig
    /// The layer's own name, as Keras records it with the variables.
    let name: String
    /// Where the layer's variables lie, such as `layers/conv2d_1/vars`.
    let group: String

    /// What the layer needs beside its settings; lent for one call.
    struct Call {
        var graph: Graph
        let inputs: [Int]
        /// Values of all variables read by this call.
        var parameterCount = 0
        /// Values that the layer brings without variables.
        var constantCount = 0
    }

    /// Appends the layer's nodes and returns the last one.
    func read(_ call: inout Call, _ weights: WeightFile) throws(InferenceError) -> Int {
        switch config.kind {
        case "Add": return try merge(.add, &call)
        case "Multiply": return try merge(.multiply, &call)
        case "Concatenate": return try concatenate(&call)
        default: break
        }
        guard call.inputs.count == 1, let input = call.inputs.first else {
            throw config.unsupported("needs one input, has \(call.inputs.count)")
        }
        let shape = call.graph.nodes[input].shape
        switch config.kind {
        case "Conv2D": return try convolution(input, shape, &call, weights)
        case "DepthwiseConv2D": return try depthwise(input, shape, &call, weights)
        case "SeparableConv2D": return try separable(input, shape, &call, weights)
        case "Dense": return try dense(input, shape, &call, weights)
        case "BatchNormalization": return try batchNormalization(input, shape, &call, weights)
        case "Activation":
            try config.handles("activation")
            return try activation(config.activation(), of: input, &call)
        case "ReLU": return try activation(relu(), of: input, &call)
        case "LeakyReLU":
            try config.handles("negative_slope")
            return try activation(
                .leakyRelu(slope: Float(config.number("negative_slope", default: 0.3))), of: input, &call)
        case "ELU":
            try config.handles("alpha")
            return try activation(.elu(alpha: Float(config.number("alpha", default: 1))), of: input, &call)
        case "Softmax":
            try config.handles("axis")
            guard config["axis"] == nil || config["axis"] == .integer(-1) else {
                throw config.unsupported("axis must be -1")
            }
            return try activation(.softmax, of: input, &call)
        case "ZeroPadding2D": return try zeroPadding(input, shape, &call)
        case "MaxPooling2D": return try pool(mean: false, input, shape, &call)
        case "AveragePooling2D": return try pool(mean: true, input, shape, &call)
        case "GlobalAveragePooling2D": return try globalPool(mean: true, input, shape, &call)
        case "GlobalMaxPooling2D": return try globalPool(mean: false, input, shape, &call)
        case "Flatten", "Reshape": return try reshape(input, shape, &call)
        case "Rescaling": return try rescaling(input, shape, &call)
        // They act in training only; the graph refuses calls with training=True.
        case "Dropout", "SpatialDropout2D", "GaussianNoise", "GaussianDropout": return input
        default: throw config.unsupported("this layer is not implemented")
        }
    }

    func append(
        _ primitive: Primitive, _ inputs: [Int], _ sizes: [Int], _ call: inout Call
    ) throws(InferenceError) -> Int {
        guard let shape = Shape(sizes) else {
            throw InferenceError(.shapeMismatch, layer: config.path, "the output would have shape \(sizes)")
        }
        return call.graph.append(.init(primitive: primitive, inputs: inputs, shape: shape, layer: config.path))
    }

    func activation(_ function: Activation, of input: Int, _ call: inout Call) throws(InferenceError) -> Int {
        if function == .linear { return input }
        return try append(.activation(function), [input], call.graph.nodes[input].shape.sizes, &call)
    }

    // MARK: Variables

    /// Reads the layer's variables, of these shapes and no others.
    func variables(
        _ shapes: [[Int]], _ call: inout Call, _ weights: WeightFile
    ) throws(InferenceError) -> [[Float]] {
        let stored = weights.variableCount(in: group)
        guard stored == shapes.count else {
            let code: InferenceError.Code = stored == 0 ? .missingWeights : .shapeMismatch
            throw InferenceError(
                code, layer: config.path,
                "\(group) holds \(stored) variables, the layer has \(shapes.count); save it again")
        }
        if let owner = try weights.layerName(of: group), owner != name {
            throw InferenceError(
                .missingWeights, layer: config.path,
                "\(group) holds the weights of \"\(InferenceError.printable(owner))\"; save the model again")
        }
        var values: [[Float]] = []
        for (index, shape) in shapes.enumerated() {
            try values.append(weights.variable("\(group)/\(index)", shape: shape, layer: config.path))
        }
        call.parameterCount = values.reduce(0) { $0 + $1.count }
        return values
    }

    /// The window by the layer's settings, and the output's height and width.
    func window(_ size: Extent, stride: Extent, _ shape: Shape) throws(InferenceError) -> (Window, [Int]) {
        guard shape.rank == 3 else {
            throw InferenceError(.shapeMismatch, layer: config.path, "needs height, width and channels, gets \(shape)")
        }
        var window = try Window(size: size, stride: stride, dilation: config.extent("dilation_rate", default: .one))
        window.padding = try config.padding(of: window, over: shape)
        let (pad, reach) = (window.padding, window.reach)
        let height = shape.height + pad.top + pad.bottom - reach.height
        let width = shape.width + pad.left + pad.right - reach.width
        guard height >= 0, width >= 0 else {
            throw InferenceError(.shapeMismatch, layer: config.path, "the window is larger than its input \(shape)")
        }
        return (window, [height / stride.height + 1, width / stride.width + 1])
    }

    // MARK: Values

    /// At inference: `gamma * (x - mean) / sqrt(variance + epsilon) + beta`.
    private func batchNormalization(
        _ input: Int, _ shape: Shape, _ call: inout Call, _ weights: WeightFile
    ) throws(InferenceError) -> Int {
        try config.handles("axis", "epsilon", "center", "scale")
        let axis = config["axis"]?.array?.first ?? config["axis"] ?? .integer(-1)
        guard axis == .integer(-1) || axis == .integer(shape.rank) else {
            throw config.unsupported("axis must be the channel axis")
        }
        let epsilon = try config.number("epsilon", default: 0.001)
        let (scaled, centred) = (try config.flag("scale", default: true), try config.flag("center", default: true))
        let count = 2 + (scaled ? 1 : 0) + (centred ? 1 : 0)
        let values = try variables(Array(repeating: [shape.channels], count: count), &call, weights)
        let (mean, variance) = (values[count - 2], values[count - 1])
        var (scale, shift): ([Double], [Double]) = ([], [])
        for channel in 0..<shape.channels {
            let spread = Double(variance[channel]) + epsilon
            guard spread > 0 else {
                throw InferenceError(
                    .notFinite, layer: config.path, "a variance is not positive; train the model again")
            }
            let factor = (scaled ? Double(values[0][channel]) : 1) / spread.squareRoot()
            scale.append(factor)
            shift.append((centred ? Double(values[scaled ? 1 : 0][channel]) : 0) - Double(mean[channel]) * factor)
        }
        return try append(.affine(scale: scale, shift: shift), [input], shape.sizes, &call)
    }

    private func relu() throws(InferenceError) -> Activation {
        try config.handles("max_value", "negative_slope", "threshold")
        let slope = try config.number("negative_slope", default: 0)
        guard try config.number("threshold", default: 0) == 0 else { throw config.unsupported("threshold must be 0") }
        guard let maximum = config["max_value"] else { return slope == 0 ? .relu : .leakyRelu(slope: Float(slope)) }
        guard slope == 0, let high = maximum.number, high >= 0, Float(high).isFinite else {
            throw config.unsupported("max_value must be positive and come without negative_slope")
        }
        return .clamp(low: 0, high: Float(high))
    }

    private func rescaling(_ input: Int, _ shape: Shape, _ call: inout Call) throws(InferenceError) -> Int {
        try config.handles("scale", "offset")
        // No file vouches for these with its own size, as it does for variables.
        call.constantCount = Limits.affineElements * shape.channels
        guard call.constantCount <= Limits.tensorElements else {
            throw InferenceError(.tooLarge, layer: config.path, "\(shape) has too many channels to scale")
        }
        /// One number for all channels, or one for each.
        func perChannel(_ key: String, default fallback: Double) throws(InferenceError) -> [Double] {
            guard let list = config[key]?.array else {
                return [Double](repeating: try config.number(key, default: fallback), count: shape.channels)
            }
            let numbers = list.compactMap(\.number).filter { Float($0).isFinite }
            guard numbers.count == list.count, numbers.count == shape.channels else { throw config.malformed(key) }
            return numbers
        }
        let (scale, shift) = (try perChannel("scale", default: 1), try perChannel("offset", default: 0))
        return try append(.affine(scale: scale, shift: shift), [input], shape.sizes, &call)
    }

    // MARK: Shapes and pooling

    private func zeroPadding(_ input: Int, _ shape: Shape, _ call: inout Call) throws(InferenceError) -> Int {
        try config.handles("padding")
        guard shape.rank == 3 else { throw config.unsupported("needs height, width and channels") }
        let sides = config["padding"]?.array ?? config["padding"].map { [$0, $0] } ?? []
        guard sides.count == 2 else { throw config.malformed("padding") }
        let values = sides.flatMap { side in side.array ?? [side, side] }.compactMap(\.integer)
        guard values.count == 4, values.allSatisfy({ 0...4096 ~= $0 }) else { throw config.malformed("padding") }
        let padding = Padding(top: values[0], bottom: values[1], left: values[2], right: values[3])
        let size = [shape.height + values[0] + values[1], shape.width + values[2] + values[3], shape.channels]
        return padding.isZero ? input : try append(.zeroPadding(padding), [input], size, &call)
    }

    private func pool(mean: Bool, _ input: Int, _ shape: Shape, _ call: inout Call) throws(InferenceError) -> Int {
        try config.handles("pool_size", "strides", "padding")
        let pool = try config.extent("pool_size")
        let (window, size) = try window(pool, stride: config.extent("strides", default: pool), shape)
        return try append(.pool(window, mean: mean), [input], size + [shape.channels], &call)
    }

    private func globalPool(mean: Bool, _ input: Int, _ shape: Shape, _ call: inout Call) throws(InferenceError) -> Int
    {
        try config.handles("keepdims")
        guard shape.rank == 3 else { throw config.unsupported("needs height, width and channels") }
        let kept = try config.flag("keepdims", default: false) ? [1, 1] : []
        return try append(.globalPool(mean: mean), [input], kept + [shape.channels], &call)
    }

    private func reshape(_ input: Int, _ shape: Shape, _ call: inout Call) throws(InferenceError) -> Int {
        try config.handles("target_shape")
        var sizes = [-1]
        if config.kind == "Reshape" {
            guard let target = config["target_shape"]?.array else { throw config.malformed("target_shape") }
            sizes = target.compactMap(\.integer)
            guard sizes.count == target.count else { throw config.malformed("target_shape") }
        }
        // One size may be -1: whatever is left.
        if let open = sizes.firstIndex(of: -1) {
            let known = Limits.product(sizes.filter { $0 != -1 }) ?? 0
            guard known > 0, shape.count % known == 0 else { throw config.malformed("target_shape") }
            sizes[open] = shape.count / known
        }
        guard Limits.product(sizes) == shape.count else {
            throw InferenceError(.shapeMismatch, layer: config.path, "\(shape) cannot become \(sizes)")
        }
        return try append(.reshape, [input], sizes, &call)
    }

    // MARK: Several inputs

    private func merge(_ primitive: Primitive, _ call: inout Call) throws(InferenceError) -> Int {
        try config.handles()
        guard call.inputs.count >= 2 else { throw config.unsupported("needs at least two inputs") }
        var merged = call.inputs[0]
        for input in call.inputs.dropFirst() {
            let (a, b) = (call.graph.nodes[merged].shape, call.graph.nodes[input].shape)
            guard a.rank == b.rank, zip(a.sizes, b.sizes).allSatisfy({ $0 == $1 || $0 == 1 || $1 == 1 }) else {
                throw InferenceError(.shapeMismatch, layer: config.path, "\(a) and \(b) do not fit together")
            }
            merged = try append(primitive, [merged, input], zip(a.sizes, b.sizes).map(max), &call)
        }
        return merged
    }

    private func concatenate(_ call: inout Call) throws(InferenceError) -> Int {
        try config.handles("axis")
        let shapes = call.inputs.map { [graph = call.graph] in graph.nodes[$0].shape }
        guard let first = shapes.first else { throw config.unsupported("needs inputs") }
        let axis = config["axis"] ?? .integer(-1)
        guard axis == .integer(-1) || axis == .integer(first.rank) else {
            throw config.unsupported("axis must be the channel axis")
        }
        guard shapes.allSatisfy({ $0.sizes.dropLast() == first.sizes.dropLast() }) else {
            throw InferenceError(.shapeMismatch, layer: config.path, "\(shapes) differ in more than channels")
        }
        let channels = shapes.reduce(0) { $0 + $1.channels }
        return try append(.concatenate, call.inputs, first.sizes.dropLast() + [channels], &call)
    }
}
