/// What the engine executes: operations on values, after batch normalisations, activations, additions and paddings
/// have been folded into the operations that produce or read the values.
struct Program: Sendable {
    /// Index into `values`.
    typealias ValueID = Int

    /// A tensor between operations.
    struct Value: Sendable {
        let shape: Shape
        /// Zeros around another value: a view of it, not a tensor of its own.
        var view: View?

        struct View: Sendable {
            let base: ValueID
            let padding: Padding
        }
    }

    struct Operation: Sendable {
        var kind: Kind
        let inputs: [ValueID]
        let output: ValueID
        /// Added before the clamp, as it is; convolutions only.
        var residual: ValueID?
        /// Convolved and added before the clamp, convolutions only; its bias is part of the operation's own.
        var shortcut: Shortcut?
        /// The fused activation.
        var clamp: Clamp?
        /// The layer it came from.
        let layer: String
    }

    struct Shortcut: Sendable {
        let input: ValueID
        let filter: Filter
    }

    enum Kind: Sendable {
        case convolution(Filter)
        case depthwise(Filter)
        /// Depthwise, its activation, then pointwise, in strips that stay in the cache.
        case separable(Filter, Clamp?, Filter)
        case affine(scale: [Double], shift: [Double])
        case function(Activation)
        case pool(Window, mean: Bool)
        case globalPool(mean: Bool)
        case reshape
        case combine(multiply: Bool)
        case concatenate
    }

    /// The weights of a convolution, layout as in `Primitive`.
    struct Filter: Sendable {
        let window: Window
        var kernel: [Float]
        var bias: [Float]
    }

    /// The bounds of a fused ReLU.
    struct Clamp: Sendable, Equatable {
        let low: Float
        let high: Float
        static let none = Clamp(low: -.infinity, high: .infinity)
    }

    var values: [Value] = []
    var operations: [Operation] = []
    var input: ValueID = 0
    var output: ValueID = 0
}

extension Program.Operation {
    /// Every value read, and the window it is read through; nil where nothing beyond the edge is read.
    var reads: [(value: Program.ValueID, window: Window?)] {
        var reads = inputs.map { ($0, window) }
        if let residual { reads.append((residual, nil)) }
        if let shortcut { reads.append((shortcut.input, shortcut.filter.window)) }
        return reads
    }

    private var window: Window? {
        switch kind {
        case .convolution(let filter), .depthwise(let filter), .separable(let filter, _, _): filter.window
        // Pooling clips its windows: the maximum must not see zeros that are not there.
        case .affine, .function, .pool, .globalPool, .reshape, .combine, .concatenate: nil
        }
    }
}
