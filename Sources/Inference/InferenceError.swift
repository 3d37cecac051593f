/// A failure to read a model or to run it.
///
/// Branch on `code`, show `description`: it names the layer and says what to do. It quotes names out of the model
/// file, cut and cleaned, and no pixels.
public struct InferenceError: Error, Equatable, CustomStringConvertible {
    /// What went wrong, for programs; the raw values are stable.
    public enum Code: String, Sendable {
        /// The zip archive is damaged or lacks a member.
        case malformedArchive = "malformed-archive"
        /// `config.json` or `metadata.json` is not what Keras writes.
        case malformedConfig = "malformed-config"
        /// The layer, or this configuration of it, is not implemented.
        case unsupportedLayer = "unsupported-layer"
        /// `model.weights.h5` is damaged or uses a feature Keras does not.
        case malformedWeights = "malformed-weights"
        /// A layer's weights are absent or belong to another layer.
        case missingWeights = "missing-weights"
        /// Shapes do not fit: of weights, of connected layers, or of an input to run.
        case shapeMismatch = "shape-mismatch"
        /// A weight, an input or a result is infinite or not a number.
        case notFinite = "not-finite"
        /// A size is beyond what the engine accepts.
        case tooLarge = "too-large"
        /// A setting of the engine is out of range.
        case invalidSetting = "invalid-setting"
    }

    public let code: Code
    /// The path of the layer concerned, such as `mobilenetv2/Conv1`, when there is one.
    public let layer: String?
    private let detail: String

    init(_ code: Code, layer: String? = nil, _ detail: String) {
        (self.code, self.layer, self.detail) = (code, layer.map { Self.printable($0) }, detail)
    }

    public var description: String {
        let subject = layer.map { "layer \"\($0)\": " } ?? ""
        return "\(code.rawValue): \(subject)\(detail)"
    }

    public static func == (left: Self, right: Self) -> Bool { left.code == right.code && left.layer == right.layer }

    /// A name from a file, safe for a log line: printable ASCII, at most 80 characters.
    static func printable(_ name: String) -> String {
        let kept = name.unicodeScalars.prefix(80).map { (" "..."~").contains($0) ? Character($0) : "?" }
        return String(kept) + (kept.count == 80 ? "..." : "")
    }
}
