import TestSupport
@testable import Inference

/// Graphs that no sensible person would train, for the folding and fusing to get wrong.
struct RandomGraph {
    private(set) var graph: Graph
    private var random: SplitMix64

    init(seed: UInt64) throws {
        random = SplitMix64(seed: seed)
        let sizes = [Int.random(in: 4...14, using: &random), Int.random(in: 4...14, using: &random)]
        let shape = Shape(sizes + [[1, 3, 8, 16, 17, 24].randomElement(using: &random) ?? 1])
        graph = Graph(input: shape ?? Graph.one, layer: "input")
        for _ in 0..<Int.random(in: 3...14, using: &random) { grow() }
        // A model ends in a vector.
        append(.reshape, [graph.nodes.count - 1], [graph.nodes[graph.nodes.count - 1].shape.count])
        graph.output = graph.nodes.count - 1
    }

    mutating func image() -> [Float] { values(graph.nodes[0].shape.count) }

    private mutating func values(_ count: Int, in range: ClosedRange<Float> = -1...1) -> [Float] {
        (0..<count).map { _ in Float.random(in: range, using: &random) }
    }

    private mutating func append(_ primitive: Primitive, _ inputs: [Int], _ sizes: [Int]) {
        guard let shape = Shape(sizes) else { return }
        _ = graph.append(.init(primitive: primitive, inputs: inputs, shape: shape, layer: "layer \(graph.nodes.count)"))
    }

    /// The newest node, mostly; sometimes an older one, which then has several readers.
    private mutating func pick(_ accepts: (Shape) -> Bool = { $0.rank == 3 }) -> Int? {
        let fitting = graph.nodes.indices.filter { accepts(graph.nodes[$0].shape) }
        return Int.random(in: 0..<3, using: &random) == 0 ? fitting.randomElement(using: &random) : fitting.last
    }

    private mutating func window(over shape: Shape) -> (Window, [Int])? {
        var size = Extent(height: Int.random(in: 1...3, using: &random), width: Int.random(in: 1...3, using: &random))
        if Bool.random(using: &random) {
            size = [Extent.one, Extent(height: 3, width: 3)][Int.random(in: 0...1, using: &random)]
        }
        var window = Window(size: size)
        let stride = Int.random(in: 1...2, using: &random)
        window.stride = Extent(height: stride, width: stride)
        if Int.random(in: 0..<4, using: &random) == 0 { window.dilation = Extent(height: 2, width: 2) }
        if Bool.random(using: &random) {
            window.padding = Padding(
                top: (window.reach.height - 1) / 2, bottom: window.reach.height / 2,
                left: (window.reach.width - 1) / 2, right: window.reach.width / 2)
        }
        let height = shape.height + window.padding.top + window.padding.bottom - window.reach.height
        let width = shape.width + window.padding.left + window.padding.right - window.reach.width
        guard height >= 0, width >= 0 else { return nil }
        return (window, [height / stride + 1, width / stride + 1])
    }

    private mutating func grow() {
        guard let input = pick() else { return }
        let shape = graph.nodes[input].shape
        let channels = shape.channels
        switch Int.random(in: 0..<16, using: &random) {
        case 0...3:
            guard let (window, size) = window(over: shape) else { return }
            let outputs = [1, 8, 11, 16, 24, 32, 48, 80, 100].randomElement(using: &random) ?? 1
            let kernel = values(window.size.height * window.size.width * channels * outputs, in: -0.2...0.2)
            append(.convolution(window: window, kernel: kernel, bias: values(outputs)), [input], size + [outputs])
        case 4...5:
            guard let (window, size) = window(over: shape) else { return }
            let kernel = values(window.size.height * window.size.width * channels, in: -0.5...0.5)
            append(.depthwise(window: window, kernel: kernel, bias: values(channels)), [input], size + [channels])
        case 6...7:
            let (scale, shift) = (values(channels).map(Double.init), values(channels).map(Double.init))
            append(.affine(scale: scale, shift: shift), [input], shape.sizes)
        case 8...9:
            let functions: [Activation] = [
                .relu, .relu, .clamp(low: 0, high: 6), .sigmoid, .tanh, .silu, .hardSigmoid, .hardSilu, .softmax,
                .elu(alpha: 1), .leakyRelu(slope: 0.2),
            ]
            append(.activation(functions.randomElement(using: &random) ?? .relu), [input], shape.sizes)
        case 10:
            let pad = Padding(top: 1, bottom: 2, left: 0, right: 1)
            append(.zeroPadding(pad), [input], [shape.height + 3, shape.width + 1, channels])
        case 11:
            guard let (found, size) = window(over: shape), found.dilation == .one else { return }
            append(.pool(found, mean: Bool.random(using: &random)), [input], size + [channels])
        case 12: append(.reshape, [input], [shape.width, shape.height, channels])
        case 13:
            guard let other = pick({ $0.sizes.dropLast() == shape.sizes.dropLast() }) else { return }
            append(
                .concatenate, [input, other], shape.sizes.dropLast() + [channels + graph.nodes[other].shape.channels])
        default:
            guard let other = pick({ $0 == shape || $0.sizes == [1, 1, channels] }) else { return }
            append(Bool.random(using: &random) ? .add : .multiply, [input, other], shape.sizes)
        }
    }
}

extension Graph {
    fileprivate static let one: Shape = {
        guard let shape = Shape([1]) else { fatalError("one value is a shape") }
        return shape
    }()
}
