/// Reads `config.json` and the weights into one graph, nested models included.
struct GraphReader {
    private(set) var graph: Graph
    private(set) var summaries: [LayerSummary] = []
    /// Layers whose parameters are counted already: a layer called twice has them once.
    private var counted: Set<String> = []
    private var weightElements = 0

    /// Reads the whole model; its input is the shape of its only input layer.
    init(model: ConfigValue, _ weights: WeightFile) throws(InferenceError) {
        let name = model["config"]?["name"]?.string ?? "model"
        guard let layers = model["config"]?["layers"]?.array else {
            throw InferenceError(.malformedConfig, "config.json has no layers; save the model in the Keras 3 format")
        }
        let inputLayer = layers.first { $0["class_name"] == .string("InputLayer") }
        let declared = inputLayer?["config"]?["batch_shape"] ?? model["config"]?["build_input_shape"]
        guard let sizes = declared?.array?.dropFirst().map(\.integer), sizes.count == 3,
            let shape = Shape(sizes.map { $0 ?? 0 })
        else {
            throw InferenceError(
                .unsupportedLayer, layer: name, "the input must be one image of fixed height, width and channels")
        }
        graph = Graph(input: shape, layer: inputLayer?["config"]?["name"]?.string ?? "input")
        let whole = ModelPath(names: [], group: "", depth: 0)
        graph.output = try read(model: model, at: whole, input: 0, weights)
    }

    /// Where a model lies: the names around it, and the path of its variables.
    private struct ModelPath {
        let names: [String]
        let group: String
        let depth: Int
        func name(of layer: String) -> String { (names + [layer]).joined(separator: "/") }
    }

    private mutating func read(
        model: ConfigValue, at path: ModelPath, input: Int, _ weights: WeightFile
    ) throws(InferenceError) -> Int {
        guard path.depth <= Limits.modelDepth else { throw InferenceError(.tooLarge, "models are nested too deeply") }
        guard let kind = model["class_name"]?.string, let config = model["config"],
            let entries = config["layers"]?.array, entries.count <= Limits.layers
        else { throw InferenceError(.malformedConfig, "a model in config.json has no class, settings or layers") }
        let layers = try Self.layers(entries, at: path)
        switch kind {
        case "Sequential":
            var value = input
            for layer in layers { value = try apply(layer, to: [value], at: path, weights) }
            return value
        case "Functional", "Model":
            return try functional(layers, config, at: path, input: input, weights)
        default:
            throw InferenceError(
                .unsupportedLayer, layer: path.name(of: kind),
                "custom model classes are not implemented; use Functional")
        }
    }

    // MARK: Layers of one model

    private struct LayerEntry {
        let name: String
        let kind: String
        let value: ConfigValue
        /// The path of the layer's own group in the weight file.
        let group: String
    }

    /// The layers with the groups Keras gives them: `layers/` and the class in snake case, numbered in order.
    private static func layers(_ entries: [ConfigValue], at path: ModelPath) throws(InferenceError) -> [LayerEntry] {
        var used: [String: Int] = [:]
        var names: Set<String> = []
        var layers: [LayerEntry] = []
        for entry in entries {
            guard let kind = entry["class_name"]?.string, let name = entry["config"]?["name"]?.string,
                names.insert(name).inserted
            else { throw InferenceError(.malformedConfig, "a layer has no class, no name or the name of another") }
            let stem = snakeCase(kind)
            let number = used[stem, default: 0]
            used[stem] = number + 1
            let group = "\(path.group)layers/\(stem)\(number == 0 ? "" : "_\(number)")"
            layers.append(LayerEntry(name: name, kind: kind, value: entry, group: group))
        }
        return layers
    }

    /// Keras' `to_snake_case`: `MaxPooling2D` becomes `max_pooling2d`, `ReLU` becomes `re_lu`.
    static func snakeCase(_ name: String) -> String {
        let letters = Array(name.filter { $0 == "_" || $0.isLetter || $0.isNumber })
        var result = ""
        for (index, letter) in letters.enumerated() {
            let startsWord = index + 1 < letters.count && letters[index + 1].isLowercase
            if letter.isUppercase, index > 0, startsWord || letters[index - 1].isLowercase { result += "_" }
            result += letter.lowercased()
        }
        return result
    }

    /// Applies one layer, or nested model, to nodes of the graph.
    private mutating func apply(
        _ layer: LayerEntry, to inputs: [Int], at path: ModelPath, _ weights: WeightFile
    ) throws(InferenceError) -> Int {
        let name = path.name(of: layer.name)
        guard summaries.count < Limits.layers else {
            throw InferenceError(.tooLarge, "the model has more than \(Limits.layers) layers")
        }
        guard let values = layer.value["config"]?.object else {
            throw InferenceError(.malformedConfig, layer: name, "the layer has no settings")
        }
        if layer.kind == "InputLayer" {
            try checkInput(values, of: name, against: graph.nodes[inputs[0]].shape)
            summarise(layer, name, inputs[0], 0)
            return inputs[0]
        }
        if values["layers"] != nil {
            guard inputs.count == 1 else {
                throw InferenceError(.unsupportedLayer, layer: name, "a nested model needs one input")
            }
            let inner = ModelPath(names: path.names + [layer.name], group: layer.group + "/", depth: path.depth + 1)
            return try read(model: layer.value, at: inner, input: inputs[0], weights)
        }
        let config = try LayerConfig(path: name, kind: layer.kind, values: values)
        let reader = LayerReader(config: config, name: layer.name, group: layer.group + "/vars")
        var call = LayerReader.Call(graph: graph, inputs: inputs)
        let node = try reader.read(&call, weights)
        weightElements += call.parameterCount + call.constantCount
        guard weightElements <= Limits.tensorElements else {
            throw InferenceError(
                .tooLarge, layer: name, "the model's weights together exceed \(Limits.tensorElements) values")
        }
        graph = call.graph
        summarise(layer, name, node, call.parameterCount)
        return node
    }

    private mutating func summarise(_ layer: LayerEntry, _ name: String, _ node: Int, _ parameters: Int) {
        let count = counted.insert(name).inserted ? parameters : 0
        summaries.append(
            LayerSummary(
                name: name, kind: layer.kind, outputShape: graph.nodes[node].shape.sizes, parameterCount: count))
    }

    private func checkInput(
        _ values: [String: ConfigValue], of name: String, against shape: Shape
    ) throws(InferenceError) {
        _ = try LayerConfig(path: name, kind: "InputLayer", values: values)
        try Self.check(declared: values["batch_shape"], of: name, against: shape)
    }

    /// Holds a shape written in the file (null: any size) against the one computed.
    private static func check(
        declared: ConfigValue?, of name: String, against shape: Shape
    ) throws(InferenceError) {
        guard let sizes = declared?.array?.dropFirst() else { return }
        guard sizes.count == shape.rank, zip(sizes, shape.sizes).allSatisfy({ $0 == .null || $0.integer == $1 }) else {
            throw InferenceError(
                .shapeMismatch, layer: name, "the file declares another shape than \(shape); save it again")
        }
    }

    // MARK: Functional models

    /// One output of one call of a layer: Keras' history of a tensor.
    private struct Reference: Hashable {
        let layer: String
        let call: Int

        init?(_ value: ConfigValue?) {
            guard let parts = value?.array, parts.count == 3, let layer = parts[0].string, let call = parts[1].integer,
                parts[2] == .integer(0)
            else { return nil }
            (self.layer, self.call) = (layer, call)
        }

        init(layer: String, call: Int) { (self.layer, self.call) = (layer, call) }
    }

    private struct PendingCall {
        let layer: LayerEntry
        let reference: Reference
        let inputs: [Reference]
        let declaredShapes: [ConfigValue?]
    }

    private mutating func functional(
        _ layers: [LayerEntry], _ config: ConfigValue, at path: ModelPath, input: Int, _ weights: WeightFile
    ) throws(InferenceError) -> Int {
        let source = try Self.onlyEnd(config["input_layers"], "input_layers", at: path)
        let target = try Self.onlyEnd(config["output_layers"], "output_layers", at: path)
        var values: [Reference: Int] = [:]
        var pending: [PendingCall] = []
        for layer in layers {
            if layer.kind == "InputLayer" {
                let reference = Reference(layer: layer.name, call: 0)
                guard reference == source else {
                    throw InferenceError(
                        .unsupportedLayer, layer: path.name(of: layer.name), "a model with several inputs")
                }
                values[reference] = try apply(layer, to: [input], at: path, weights)
            } else {
                pending += try Self.calls(of: layer, at: path)
            }
        }
        // Each round applies what has its inputs; a round without progress means a cycle, or an input that is
        // nowhere.
        while !pending.isEmpty {
            var waiting: [PendingCall] = []
            for call in pending {
                let inputs = call.inputs.compactMap { values[$0] }
                guard inputs.count == call.inputs.count else {
                    waiting.append(call)
                    continue
                }
                for (input, declared) in zip(inputs, call.declaredShapes) {
                    try Self.check(
                        declared: declared, of: path.name(of: call.layer.name), against: graph.nodes[input].shape)
                }
                values[call.reference] = try apply(call.layer, to: inputs, at: path, weights)
            }
            guard waiting.count < pending.count else {
                throw InferenceError(
                    .malformedConfig, layer: path.name(of: waiting[0].layer.name),
                    "the layer waits for itself or for a layer that is not there")
            }
            pending = waiting
        }
        guard let output = values[target] else {
            throw InferenceError(.malformedConfig, layer: path.name(of: target.layer), "the output layer is not there")
        }
        return output
    }

    /// `["name", 0, 0]`, or a list of one such.
    private static func onlyEnd(
        _ value: ConfigValue?, _ key: String, at path: ModelPath
    ) throws(InferenceError) -> Reference {
        let single = value?.array.flatMap { $0.count == 1 ? $0[0] : nil } ?? value
        guard let reference = Reference(single) else {
            throw InferenceError(
                .unsupportedLayer, layer: path.names.last, "the model must have one input and one output")
        }
        return reference
    }

    /// The calls of a layer, from its `inbound_nodes`.
    private static func calls(of layer: LayerEntry, at path: ModelPath) throws(InferenceError) -> [PendingCall] {
        let name = path.name(of: layer.name)
        let malformed = InferenceError(.malformedConfig, layer: name, "the layer's inbound_nodes are not Keras 3's")
        guard let nodes = layer.value["inbound_nodes"]?.array, nodes.count <= Limits.layers else { throw malformed }
        var calls: [PendingCall] = []
        for (index, node) in nodes.enumerated() {
            guard let arguments = node["args"]?.array, arguments.count == 1 else { throw malformed }
            for (key, value) in node["kwargs"]?.object ?? [:] {
                guard value == .null || (key == "training" && value == .bool(false)) else {
                    throw InferenceError(
                        .unsupportedLayer, layer: name,
                        "called with \"\(InferenceError.printable(key))\", which is not implemented")
                }
            }
            let tensors = arguments[0].array ?? arguments
            let inputs = tensors.compactMap { Reference($0["config"]?["keras_history"]) }
            guard inputs.count == tensors.count, !inputs.isEmpty else { throw malformed }
            calls.append(
                PendingCall(
                    layer: layer, reference: Reference(layer: layer.name, call: index), inputs: inputs,
                    declaredShapes: tensors.map { $0["config"]?["shape"] }))
        }
        return calls
    }
}
