import CImageCodecs

/// What an image file's header declares.
public struct ImageInfo: Sendable, Hashable {
    /// How a file stores colour.
    public enum Colour: String, Sendable, CaseIterable {
        case gray, grayAlpha, palette, rgb, rgba, ycbcr, cmyk, ycck
    }

    public let format: ImageFormat
    /// In pixels, of the upright picture.
    public let width, height: Int
    /// Bits a sample, or an index of the palette.
    public let bitDepth: Int
    public let colour: Colour
    /// Whether the picture comes in several passes: interlaced PNG, progressive or several-scan JPEG.
    public let isLayered: Bool
    /// Already applied to `width` and `height`, and to every decoded picture.
    public let orientation: Orientation
    /// Estimate of the memory that decoding takes beside its result.
    let workingBytes: Int

    public var pixelCount: Int { width * height }

    /// Samples of a stored pixel.
    public var channels: Int {
        switch colour {
        case .gray, .palette: 1
        case .grayAlpha: 2
        case .rgb, .ycbcr: 3
        case .rgba, .cmyk, .ycck: 4
        }
    }

    /// The size of the picture as it lies in the file, before it is turned upright.
    var storedSize: (width: Int, height: Int) { orientation.swapsSides ? (height, width) : (width, height) }
}

extension ImageInfo.Colour {
    init(_ colour: cic_colour) {
        self =
            switch colour {
            case CIC_GRAY: .gray
            case CIC_GRAY_ALPHA: .grayAlpha
            case CIC_PALETTE: .palette
            case CIC_RGB: .rgb
            case CIC_RGBA: .rgba
            case CIC_CMYK: .cmyk
            case CIC_YCCK: .ycck
            default: .ycbcr
            }
    }
}
