/// The layers with a kernel. A separable convolution is two nodes, Dense a convolution of one pixel.
extension LayerReader {
    func convolution(
        _ input: Int, _ shape: Shape, _ call: inout Call, _ weights: WeightFile
    ) throws(InferenceError) -> Int {
        try config.handles(
            "filters", "kernel_size", "strides", "padding", "dilation_rate", "groups", "activation", "use_bias")
        guard try config.size("groups", default: 1) == 1 else { throw config.unsupported("groups must be 1") }
        let filters = try config.size("filters")
        let (window, size) = try window(
            config.extent("kernel_size"), stride: config.extent("strides", default: .one), shape)
        let biased = try config.flag("use_bias", default: true)
        let kernelShape = [window.size.height, window.size.width, shape.channels, filters]
        let values = try variables([kernelShape] + (biased ? [[filters]] : []), &call, weights)
        let bias = biased ? values[1] : [Float](repeating: 0, count: filters)
        let node = try append(
            .convolution(window: window, kernel: values[0], bias: bias), [input], size + [filters], &call)
        return try activation(config.activation(), of: node, &call)
    }

    func depthwise(
        _ input: Int, _ shape: Shape, _ call: inout Call, _ weights: WeightFile
    ) throws(InferenceError) -> Int {
        try config.handles(
            "kernel_size", "strides", "padding", "dilation_rate", "depth_multiplier", "activation", "use_bias")
        guard try config.size("depth_multiplier", default: 1) == 1 else {
            throw config.unsupported("depth_multiplier must be 1")
        }
        let (window, size) = try window(
            config.extent("kernel_size"), stride: config.extent("strides", default: .one), shape)
        let biased = try config.flag("use_bias", default: true)
        let kernelShape = [window.size.height, window.size.width, shape.channels, 1]
        let values = try variables([kernelShape] + (biased ? [[shape.channels]] : []), &call, weights)
        let bias = biased ? values[1] : [Float](repeating: 0, count: shape.channels)
        let node = try append(
            .depthwise(window: window, kernel: values[0], bias: bias), [input], size + [shape.channels], &call)
        return try activation(config.activation(), of: node, &call)
    }

    func separable(
        _ input: Int, _ shape: Shape, _ call: inout Call, _ weights: WeightFile
    ) throws(InferenceError) -> Int {
        try config.handles(
            "filters", "kernel_size", "strides", "padding", "dilation_rate", "depth_multiplier", "activation",
            "use_bias")
        guard try config.size("depth_multiplier", default: 1) == 1 else {
            throw config.unsupported("depth_multiplier must be 1")
        }
        let (filters, channels) = (try config.size("filters"), shape.channels)
        let (window, size) = try window(
            config.extent("kernel_size"), stride: config.extent("strides", default: .one), shape)
        let biased = try config.flag("use_bias", default: true)
        let shapes = [[window.size.height, window.size.width, channels, 1], [1, 1, channels, filters]]
        let values = try variables(shapes + (biased ? [[filters]] : []), &call, weights)
        let zeros = [Float](repeating: 0, count: max(channels, filters))
        let spread = try append(
            .depthwise(window: window, kernel: values[0], bias: Array(zeros.prefix(channels))), [input],
            size + [channels], &call)
        let mixed = try append(
            .convolution(
                window: Window(size: .one), kernel: values[1], bias: biased ? values[2] : Array(zeros.prefix(filters))),
            [spread], size + [filters], &call)
        return try activation(config.activation(), of: mixed, &call)
    }

    func dense(
        _ input: Int, _ shape: Shape, _ call: inout Call, _ weights: WeightFile
    ) throws(InferenceError) -> Int {
        try config.handles("units", "activation", "use_bias")
        let units = try config.size("units")
        let biased = try config.flag("use_bias", default: true)
        let values = try variables([[shape.channels, units]] + (biased ? [[units]] : []), &call, weights)
        let bias = biased ? values[1] : [Float](repeating: 0, count: units)
        let node = try append(
            .convolution(window: Window(size: .one), kernel: values[0], bias: bias), [input],
            shape.sizes.dropLast() + [units], &call)
        return try activation(config.activation(), of: node, &call)
    }
}
