import Foundation
import Testing

/// One picture of the Fixtures folder and what may be done with it (Fixtures/README.md).
struct Fixture: Sendable, CustomTestStringConvertible {
    let file: String
    let expectation: String

    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "Fixtures")
    static let all = table("files.csv").map { Fixture(file: $0[0], expectation: $0[1]) }
    static let formats = all.filter { $0.file.hasPrefix("formats/") }
    /// Whole files of every kind, small enough to be decoded hundreds of times.
    static let sound = [
        "formats/normal/00_reference_grey8.png", "formats/normal/01_grey16.png", "formats/normal/02_rgb8.png",
        "formats/normal/05_palette.png", "formats/normal/08_grey_progressive.jpg", "formats/normal/09_rgb_420.jpg",
        "formats/normal/12_cmyk.jpg", "formats/normal/13_restart.jpg", "formats/normal/14_exif_orientation_6.jpg",
        "malformed/pngsuite/s40n3p04.png", "malformed/pngsuite/oi9n2c16.png",
    ]

    static func bytes(_ file: String) throws -> [UInt8] {
        // Not Data(contentsOf:), which leaks when a file is empty, as one here is.
        let handle = try FileHandle(forReadingFrom: folder.appending(path: file))
        return try [UInt8](handle.readToEnd() ?? Data())
    }

    func bytes() throws -> [UInt8] { try Self.bytes(file) }

    /// The rows of a comma-separated file, without its header; no field before the last has a comma.
    static func table(_ name: String) -> [[String]] {
        let text = (try? String(contentsOf: folder.appending(path: name), encoding: .utf8)) ?? ""
        return text.split(separator: "\n").dropFirst().map { row in
            row.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        }
    }

    var testDescription: String { file }
}
