/// The meaning of a node.
enum Primitive: Sendable {
    case input
    /// Also Dense, as a 1x1 window. `kernel` is `[height, width, in, out]`.
    case convolution(window: Window, kernel: [Float], bias: [Float])
    /// `kernel` is `[height, width, channels]`.
    case depthwise(window: Window, kernel: [Float], bias: [Float])
    /// Scale and shift of each channel: batch normalisation, rescaling.
    case affine(scale: [Double], shift: [Double])
    case activation(Activation)
    case zeroPadding(Padding)
    case pool(Window, mean: Bool)
    case globalPool(mean: Bool)
    case reshape
    case add, multiply
    /// Along the channels.
    case concatenate
}

/// The window of a convolution or pooling: where it looks, and what is padded.
struct Window: Sendable {
    let size: Extent
    var stride = Extent.one
    var dilation = Extent.one
    var padding = Padding()

    /// One pixel, each pixel.
    var isPointwise: Bool { size == .one && stride == .one && padding.isZero }
    /// Input pixels a window covers.
    var reach: Extent {
        Extent(height: (size.height - 1) * dilation.height + 1, width: (size.width - 1) * dilation.width + 1)
    }
}

/// An activation function.
enum Activation: Sendable, Equatable {
    /// `min(max(x, low), high)`: ReLU, ReLU6, and with infinite bounds nothing at all.
    case clamp(low: Float, high: Float)
    case sigmoid, tanh, silu, hardSigmoid, hardSilu, softmax
    case elu(alpha: Float)
    case leakyRelu(slope: Float)

    static let linear = Activation.clamp(low: -.infinity, high: .infinity)
    static let relu = Activation.clamp(low: 0, high: .infinity)
}
