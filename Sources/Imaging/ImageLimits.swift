/// What an image may ask of the decoder before it is refused.
///
/// The limits bound memory and time for hostile files; the defaults let through every radiograph in practice.
public struct ImageLimits: Sendable, Hashable {
    /// Width times height, at most.
    public var maximumPixels = 100_000_000
    /// Of width and height, in pixels: the largest side a JPEG can declare.
    public var maximumSide = 65_535
    /// Of width and height, in pixels.
    public var minimumSide = 32
    /// Memory beside the decoded picture, in bytes; coefficients of a progressive JPEG take two bytes a sample.
    public var maximumWorkingBytes = 220_000_000
    /// Scans of a JPEG; encoders write about ten, while a hostile file can hold thousands over the same large picture.
    public var maximumScans = 64
    /// Wall clock for one decoding, the last resort: a legitimate image of the largest size takes a few seconds.
    public var maximumMilliseconds = 20_000

    public init(maximumPixels: Int = 100_000_000, minimumSide: Int = 32) {
        self.maximumPixels = maximumPixels
        self.minimumSide = minimumSide
    }
}
