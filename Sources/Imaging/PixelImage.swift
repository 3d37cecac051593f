/// The channels of a decoded picture.
public enum PixelLayout: Sendable {
    case luminance, rgb

    /// Bytes of one pixel.
    public var channels: Int { self == .luminance ? 1 : 3 }
}

/// A decoded picture: eight bits a channel, interleaved, rows from top to bottom.
public struct PixelImage: Sendable, Hashable {
    public let width, height: Int
    public let layout: PixelLayout
    /// `[height, width, channels]`, row-major.
    public let pixels: [UInt8]

    /// - Precondition: `pixels` holds exactly `width * height * layout.channels` bytes.
    public init(width: Int, height: Int, layout: PixelLayout, pixels: [UInt8]) {
        precondition(width > 0 && height > 0, "a picture has at least one pixel")
        precondition(pixels.count == width * height * layout.channels, "one byte for each channel of each pixel")
        (self.width, self.height, self.layout, self.pixels) = (width, height, layout, pixels)
    }

    /// The pixels as a model takes them: each divided by 255, in the order of `pixels`.
    ///
    /// True division, as NumPy does it: multiplying by 1/255 would differ in the last bit.
    public func unitScaled() -> [Float] { pixels.map { Float($0) / 255 } }
}
