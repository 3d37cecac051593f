/// Turns a graph into a program.
///
/// Folding changes the rounding, not the meaning: the results stay within 1e-5 of Keras'.
struct Lowering {
    private let graph: Graph
    private var program = Program()
    /// The value of each node that is needed for the output.
    private var valueOfNode: [Program.ValueID?]
    /// How many nodes read a node; unneeded readers do not count.
    private var readers: [Int]
    /// The index in `slots` of the operation that writes a value.
    private var producers: [Program.ValueID: Int] = [:]
    /// The operations so far; nil where one was merged into a later one.
    private var slots: [Program.Operation?] = []
    /// Values of the scales and shifts made up here.
    private var constantCount = 0

    static func program(for graph: Graph) throws(InferenceError) -> Program {
        var lowering = Lowering(graph)
        for index in graph.nodes.indices where lowering.readers[index] > 0 { try lowering.lower(index) }
        lowering.program.operations = lowering.slots.compactMap(\.self)
        lowering.program.input = lowering.valueOfNode[0] ?? 0
        guard let output = lowering.valueOfNode[graph.output] else {
            throw InferenceError(.malformedConfig, "the model has no output")
        }
        lowering.program.output = output
        return lowering.program
    }

    private init(_ graph: Graph) {
        self.graph = graph
        valueOfNode = Array(repeating: nil, count: graph.nodes.count)
        readers = Array(repeating: 0, count: graph.nodes.count)
        readers[graph.output] = 1
        for index in graph.nodes.indices.reversed() where readers[index] > 0 {
            for input in graph.nodes[index].inputs { readers[input] += 1 }
        }
        readers[0] = max(readers[0], 1)
    }

    private func value(_ node: Int) throws(InferenceError) -> Program.ValueID {
        guard let value = valueOfNode[node] else {
            throw InferenceError(
                .malformedConfig, layer: graph.nodes[node].layer, "the layer is read before it is computed")
        }
        return value
    }

    private mutating func addValue(_ shape: Shape, view: Program.Value.View? = nil) -> Program.ValueID {
        program.values.append(Program.Value(shape: shape, view: view))
        return program.values.count - 1
    }

    private mutating func emit(
        _ kind: Program.Kind, _ node: Graph.Node, residual: Program.ValueID? = nil, clamp: Program.Clamp? = nil,
        inputs: [Program.ValueID]? = nil
    ) throws(InferenceError) -> Program.ValueID {
        var sources = inputs ?? []
        if inputs == nil { for input in node.inputs { try sources.append(value(input)) } }
        let output = addValue(node.shape)
        producers[output] = slots.count
        slots.append(
            Program.Operation(
                kind: kind, inputs: sources, output: output, residual: residual, clamp: clamp, layer: node.layer))
        return output
    }

    /// The operation that writes what `node` computes, if only one node reads that and nothing follows it yet.
    private func openProducer(of node: Int) -> (slot: Int, operation: Program.Operation)? {
        guard readers[node] == 1, let value = valueOfNode[node], program.values[value].view == nil,
            let slot = producers[value], let operation = slots[slot], operation.clamp == nil
        else { return nil }
        return (slot, operation)
    }

    private mutating func lower(_ index: Int) throws(InferenceError) {
        let node = graph.nodes[index]
        switch node.primitive {
        case .input: valueOfNode[index] = addValue(node.shape)
        case .convolution(let window, let kernel, let bias):
            valueOfNode[index] = try convolution(
                Program.Filter(window: window, kernel: kernel, bias: bias), node)
        case .depthwise(let window, let kernel, let bias):
            valueOfNode[index] = try emit(.depthwise(.init(window: window, kernel: kernel, bias: bias)), node)
        case .affine(let scale, let shift): valueOfNode[index] = try affine(scale, shift, node)
        case .activation(let function): valueOfNode[index] = try activation(function, node)
        case .zeroPadding(let padding):
            let view = Program.Value.View(base: try value(node.inputs[0]), padding: padding)
            valueOfNode[index] = addValue(node.shape, view: view)
        case .pool(let window, let mean): valueOfNode[index] = try emit(.pool(window, mean: mean), node)
        case .globalPool(let mean): valueOfNode[index] = try emit(.globalPool(mean: mean), node)
        case .reshape: valueOfNode[index] = try emit(.reshape, node)
        case .add: valueOfNode[index] = try add(node)
        case .multiply: valueOfNode[index] = try emit(.combine(multiply: true), node)
        case .concatenate: valueOfNode[index] = try emit(.concatenate, node)
        }
    }

    /// A pointwise convolution swallows the depthwise one before it.
    private mutating func convolution(
        _ filter: Program.Filter, _ node: Graph.Node
    ) throws(InferenceError) -> Program.ValueID {
        guard filter.window.isPointwise, readers[node.inputs[0]] == 1,
            let slot = producers[try value(node.inputs[0])], let before = slots[slot],
            case .depthwise(let spread) = before.kind
        else { return try emit(.convolution(filter), node) }
        slots[slot] = nil
        return try emit(.separable(spread, before.clamp, filter), node, inputs: before.inputs)
    }

    /// Folds into the weights of a linear convolution before it: `(w x + b) s + t = (w s) x + (b s + t)`.
    private mutating func affine(
        _ scale: [Double], _ shift: [Double], _ node: Graph.Node
    ) throws(InferenceError) -> Program.ValueID {
        guard let (slot, operation) = openProducer(of: node.inputs[0]), operation.isPlain else {
            return try emit(.affine(scale: scale, shift: shift), node)
        }
        if case .depthwise(let filter) = operation.kind {
            slots[slot]?.kind = .depthwise(try Self.fold(filter, scale, shift, node))
        } else if let filter = operation.filter {
            slots[slot]?.filter = try Self.fold(filter, scale, shift, node)
        } else {
            return try emit(.affine(scale: scale, shift: shift), node)
        }
        return operation.output
    }

    /// The output channel is the last axis of every kernel.
    private static func fold(
        _ filter: Program.Filter, _ scale: [Double], _ shift: [Double], _ node: Graph.Node
    ) throws(InferenceError) -> Program.Filter {
        var result = filter
        let channels = scale.count
        for index in result.kernel.indices {
            result.kernel[index] = Float(Double(filter.kernel[index]) * scale[index % channels])
        }
        for channel in 0..<channels {
            result.bias[channel] = Float(Double(filter.bias[channel]) * scale[channel] + shift[channel])
        }
        guard result.kernel.allSatisfy(\.isFinite), result.bias.allSatisfy(\.isFinite) else {
            throw InferenceError(
                .notFinite, layer: node.layer, "its scale makes weights infinite; train the model again")
        }
        return result
    }

    /// A clamp joins the operation before it.
    private mutating func activation(
        _ function: Activation, _ node: Graph.Node
    ) throws(InferenceError) -> Program.ValueID {
        guard case .clamp(let low, let high) = function else { return try emit(.function(function), node) }
        let clamp = Program.Clamp(low: low, high: high)
        if let (slot, operation) = openProducer(of: node.inputs[0]) {
            switch operation.kind {
            case .convolution, .depthwise, .separable, .affine, .pool, .combine:
                slots[slot]?.clamp = clamp
                return operation.output
            case .function, .globalPool, .reshape, .concatenate: break
            }
        }
        let channels = node.shape.channels
        constantCount += Limits.affineElements * channels
        guard constantCount <= Limits.tensorElements else {
            throw InferenceError(.tooLarge, layer: node.layer, "\(node.shape) has too many channels to clamp")
        }
        let (ones, zeros) = ([Double](repeating: 1, count: channels), [Double](repeating: 0, count: channels))
        return try emit(.affine(scale: ones, shift: zeros), node, clamp: clamp)
    }

    /// The later of two summands, when it is a convolution, adds the earlier one as it writes: as one more term when
    /// that is a convolution too, else as a finished value.
    private mutating func add(_ node: Graph.Node) throws(InferenceError) -> Program.ValueID {
        let values = (try value(node.inputs[0]), try value(node.inputs[1]))
        let (first, second) = (producers[values.0] ?? -1, producers[values.1] ?? -1)
        let (host, other) = first > second ? (0, 1) : (1, 0)
        let otherValue = host == 0 ? values.1 : values.0
        let shapes = node.inputs.map { graph.nodes[$0].shape }
        guard first != second, shapes[0] == shapes[1], program.values[otherValue].view == nil,
            let (slot, operation) = openProducer(of: node.inputs[host]), operation.isPlain, operation.filter != nil
        else { return try emit(.combine(multiply: false), node) }
        if let (otherSlot, shortcut) = openProducer(of: node.inputs[other]), shortcut.isPlain,
            case .convolution(let filter) = shortcut.kind
        {
            slots[slot]?.shortcut = Program.Shortcut(input: shortcut.inputs[0], filter: filter)
            slots[slot]?.filter?.bias = zip(operation.filter?.bias ?? [], filter.bias).map(+)
            slots[otherSlot] = nil
        } else {
            slots[slot]?.residual = otherValue
        }
        return operation.output
    }
}

extension Program.Operation {
    /// Nothing is added yet to what the operation computes.
    fileprivate var isPlain: Bool { residual == nil && shortcut == nil }

    /// The filter that writes the output channels of a convolution.
    fileprivate var filter: Program.Filter? {
        get {
            switch kind {
            case .convolution(let filter), .separable(_, _, let filter): filter
            case .depthwise, .affine, .function, .pool, .globalPool, .reshape, .combine, .concatenate: nil
            }
        }
        set {
            guard let newValue else { return }
            switch kind {
            case .convolution: kind = .convolution(newValue)
            case .separable(let spread, let clamp, _): kind = .separable(spread, clamp, newValue)
            case .depthwise, .affine, .function, .pool, .globalPool, .reshape, .combine, .concatenate: break
            }
        }
    }
}
