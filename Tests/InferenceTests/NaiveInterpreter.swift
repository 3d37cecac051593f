import Foundation

@testable import Inference

/// Computes a graph straight from the definitions, in double precision, one value at a time: what the engine must
/// agree with after all folding, fusing and packing.
struct NaiveInterpreter {
    let graph: Graph

    func run(_ image: [Float]) -> [Double] {
        var values: [[Double]] = []
        for node in graph.nodes {
            let inputs = node.inputs.map { values[$0] }
            let shapes = node.inputs.map { graph.nodes[$0].shape }
            values.append(node.inputs.isEmpty ? image.map(Double.init) : compute(node, inputs, shapes))
        }
        return values[graph.output]
    }

    private func compute(_ node: Graph.Node, _ inputs: [[Double]], _ shapes: [Shape]) -> [Double] {
        let (x, shape, channels) = (inputs[0], shapes[0], node.shape.channels)
        switch node.primitive {
        case .input, .reshape: return x
        case .convolution(let window, let kernel, let bias):
            return eachValue(node.shape) { row, column, channel in
                var sum = Double(bias[channel])
                forEachTap(window, row, column, shape) { tap, pixel in
                    for input in 0..<shape.channels {
                        let weight = kernel[(tap * shape.channels + input) * channels + channel]
                        sum += x[pixel * shape.channels + input] * Double(weight)
                    }
                }
                return sum
            }
        case .depthwise(let window, let kernel, let bias):
            return eachValue(node.shape) { row, column, channel in
                var sum = Double(bias[channel])
                forEachTap(window, row, column, shape) { tap, pixel in
                    sum += x[pixel * channels + channel] * Double(kernel[tap * channels + channel])
                }
                return sum
            }
        case .affine(let scale, let shift):
            return x.enumerated().map { $1 * scale[$0 % channels] + shift[$0 % channels] }
        case .activation(.softmax):
            return stride(from: 0, to: x.count, by: channels).flatMap { start in
                let powers = x[start..<start + channels].map(exp)
                return powers.map { $0 / powers.reduce(0, +) }
            }
        case .activation(let function): return x.map { apply(function, $0) }
        case .zeroPadding(let padding):
            return eachValue(node.shape) { row, column, channel in
                let (row, column) = (row - padding.top, column - padding.left)
                guard 0..<shape.height ~= row, 0..<shape.width ~= column else { return 0 }
                return x[(row * shape.width + column) * channels + channel]
            }
        case .pool(let window, let mean):
            return eachValue(node.shape) { row, column, channel in
                var seen: [Double] = []
                forEachTap(window, row, column, shape) { _, pixel in seen.append(x[pixel * channels + channel]) }
                return mean ? seen.reduce(0, +) / Double(seen.count) : seen.max() ?? 0
            }
        case .globalPool(let mean):
            return (0..<channels).map { channel in
                let plane = stride(from: channel, to: x.count, by: channels).map { x[$0] }
                return mean ? plane.reduce(0, +) / Double(plane.count) : plane.max() ?? 0
            }
        case .add: return broadcast(inputs, shapes, node.shape, +)
        case .multiply: return broadcast(inputs, shapes, node.shape, *)
        case .concatenate:
            return (0..<shape.count / shape.channels).flatMap { pixel in
                zip(inputs, shapes).flatMap { $0[pixel * $1.channels..<(pixel + 1) * $1.channels] }
            }
        }
    }

    private func eachValue(_ shape: Shape, _ value: (Int, Int, Int) -> Double) -> [Double] {
        (0..<shape.count).map { index in
            value(index / shape.channels / shape.width, index / shape.channels % shape.width, index % shape.channels)
        }
    }

    /// Every tap of a window that lies inside the image.
    private func forEachTap(_ window: Window, _ row: Int, _ column: Int, _ shape: Shape, _ body: (Int, Int) -> Void) {
        for y in 0..<window.size.height {
            for x in 0..<window.size.width {
                let sourceRow = row * window.stride.height + y * window.dilation.height - window.padding.top
                let sourceColumn = column * window.stride.width + x * window.dilation.width - window.padding.left
                guard 0..<shape.height ~= sourceRow, 0..<shape.width ~= sourceColumn else { continue }
                body(y * window.size.width + x, sourceRow * shape.width + sourceColumn)
            }
        }
    }

    private func broadcast(
        _ inputs: [[Double]], _ shapes: [Shape], _ shape: Shape, _ combine: (Double, Double) -> Double
    ) -> [Double] {
        eachValue(shape) { row, column, channel in
            let values = zip(inputs, shapes).map { values, own in
                let (row, column) = (own.height == 1 ? 0 : row, own.width == 1 ? 0 : column)
                return values[(row * own.width + column) * own.channels + (own.channels == 1 ? 0 : channel)]
            }
            return combine(values[0], values[1])
        }
    }

    private func apply(_ function: Activation, _ x: Double) -> Double {
        switch function {
        case .clamp(let low, let high): min(max(x, Double(low)), Double(high))
        case .sigmoid: 1 / (1 + exp(-x))
        case .tanh: Foundation.tanh(x)
        case .silu: x / (1 + exp(-x))
        case .hardSigmoid: min(max(x / 6 + 0.5, 0), 1)
        case .hardSilu: x * min(max(x / 6 + 0.5, 0), 1)
        case .softmax: x
        case .elu(let alpha): x > 0 ? x : Double(alpha) * (exp(x) - 1)
        case .leakyRelu(let slope): x > 0 ? x : Double(slope) * x
        }
    }
}
