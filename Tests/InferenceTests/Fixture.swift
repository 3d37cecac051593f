import Foundation
import Inference
import Testing

/// Files of the Fixtures directory.
enum Fixture {
    /// Models with Keras' own inputs and outputs beside them.
    static let golden = [
        "cnn_with_attention_64", "densenet_like_gray_96", "mobilenetv2_three_class_96", "mobilenetv2_transfer_96",
        "simple_cnn_64",
    ]
    /// The smallest file, for tests that open it many times.
    static let small = "densenet_like_gray_96"

    static func bytes(_ name: String) throws -> [UInt8] {
        let directory = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures")
        return [UInt8](try Data(contentsOf: directory.appending(path: name)))
    }

    static func model(_ name: String) throws -> KerasModel { try KerasModel(archive: bytes(name + ".keras")) }

    /// The rows of a two- or more-dimensional float32 `.npy` file.
    static func rows(_ name: String) throws -> [[Float]] {
        let bytes = try bytes(name + ".npy")
        let header = 10 + Int(bytes[8]) + Int(bytes[9]) << 8
        let text = String(decoding: bytes[10..<header], as: UTF8.self)
        let shape = try #require(text.firstMatch(of: /\((\d+),/)?.1)
        let count = try #require(Int(shape))
        let values = stride(from: header, to: bytes.count, by: 4).map { offset in
            Float(bitPattern: (0..<4).reduce(0) { $0 | UInt32(bytes[offset + $1]) << (8 * UInt32($1)) })
        }
        let width = values.count / count
        return (0..<count).map { Array(values[$0 * width..<($0 + 1) * width]) }
    }
}
