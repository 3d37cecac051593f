/// A refusal to decode an image.
///
/// Branch on `code`; `description` is a sentence for a person and holds nothing of the image.
public struct ImagingError: Error, Equatable, CustomStringConvertible {
    public enum Code: String, Sendable, CaseIterable {
        /// Neither a JPEG nor a PNG file.
        case unsupportedType = "unsupported-type"
        /// A rare variant of JPEG or PNG, such as 12-bit or lossless JPEG.
        case unsupportedVariant = "unsupported-variant"
        case corrupt
        case truncated
        /// Too many pixels, or more memory or scans than allowed.
        case tooLarge = "too-large"
        case tooSmall = "too-small"
        /// Decoding passed the time limit.
        case tooSlow = "too-slow"
        case outOfMemory = "out-of-memory"
    }

    public let code: Code

    public init(_ code: Code) { self.code = code }

    public var description: String {
        switch code {
        case .unsupportedType: "The file is neither a JPEG nor a PNG image."
        case .unsupportedVariant: "This variant of the image format is not supported."
        case .corrupt: "The image file is damaged."
        case .truncated: "The image file is incomplete."
        case .tooLarge: "The image is too large."
        case .tooSmall: "The image is too small."
        case .tooSlow: "The image takes too long to decode."
        case .outOfMemory: "There is not enough memory to decode the image."
        }
    }
}
