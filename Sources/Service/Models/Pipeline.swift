import CanonicalJSON
import Crypto
import Imaging
import Records

/// How a picture becomes a model's input: named, written down, and identified by the digest of that writing.
///
/// Luminance (or RGB), resized without keeping the aspect ratio by Pillow's antialiased bilinear filter, divided by 255.
struct Pipeline: Hashable, Sendable {
    let width: Int
    let height: Int
    let layout: PixelLayout

    /// The pipeline that feeds an input of a shape: height, width, channels.
    init(inputShape: [Int]) throws(ServiceError) {
        guard inputShape.count == 3, inputShape[2] == 1 || inputShape[2] == 3, (8...2048).contains(inputShape[0]),
            (8...2048).contains(inputShape[1])
        else {
            throw ServiceError(
                .invalid, "input-shape-unsupported", "A model takes height × width × 1 or 3, with sides of 8 to 2048.")
        }
        (height, width) = (inputShape[0], inputShape[1])
        layout = inputShape[2] == 1 ? .luminance : .rgb
    }

    var id: String {
        let size = width == height ? "\(width)" : "\(height)x\(width)"
        return "\(layout == .luminance ? "gray" : "rgb")-bilinear-\(size)-unit"
    }

    var reference: Preprocessing { Preprocessing(id: id, sha256: SHA256.hash(specification.canonicalBytes()).hex) }

    /// The steps, as they are digested.
    var specification: JSONValue {
        .object([
            "decode": .string("upright by EXIF orientation; 16 bits to 8 by the high byte; alpha dropped"),
            "channels": .string(layout == .luminance ? "luminance, ITU-R 601-2, 8 bits" : "RGB, 8 bits"),
            "resize": .object([
                "filter": .string("bilinear, antialiased, aspect ratio not kept"), "height": .integer(Int64(height)),
                "width": .integer(Int64(width)),
            ]),
            "scale": .string("float32 division by 255"),
        ])
    }

    /// Decodes and prepares a picture: height × width × channels, row-major, values 0 … 1.
    func prepare(_ bytes: [UInt8], limits: ImageLimits) throws(ImagingError) -> [Float] {
        try ImageDecoder.decodeResized(bytes, as: layout, width: width, height: height, limits: limits).unitScaled()
    }
}
