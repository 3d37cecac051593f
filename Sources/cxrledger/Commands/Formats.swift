import Imaging
import Service

/// `formats`: what the product reads.
enum Formats: Command {
    static let definition = CommandDefinition(
        words: ["formats"], section: .predictions, summary: "List the picture and model formats that are read",
        discussion:
            "A file is recognised by its content, never by its name. What is damaged or incomplete is refused as a whole.",
        examples: ["cxrledger formats --json"], reach: .nothing)

    private struct Format: Encodable {
        let name: String
        let mediaType: String
        let read: String
        let refused: String
    }

    private struct Report: Encodable {
        let pictures: [Format]
        let models: [Format]
        let maximumPixels: Int
        let maximumSide: Int
        let minimumSide: Int
        let maximumBytes: Int
    }

    static func run(_ invocation: Invocation) async throws -> ExitStatus {
        let (settings, limits) = (try invocation.settings(), ImageLimits())
        let report = Report(
            pictures: ImageFormat.allCases.map(describe), models: [keras], maximumPixels: settings.pixelLimit,
            maximumSide: limits.maximumSide, minimumSide: limits.minimumSide, maximumBytes: settings.bodyLimit)
        try invocation.console.show(report) {
            let rows = (report.pictures + report.models).map { format -> [TextTable.Cell] in
                [.init(format.name), .init(format.mediaType), .init(format.read), .init(format.refused)]
            }
            return TextTable(["FORMAT", "MEDIA TYPE", "READ", "REFUSED"], rows).text(invocation.console)
                + "\n\nA picture has sides of \(report.minimumSide) to \(report.maximumSide) pixels, "
                + "\(report.maximumPixels) pixels and \(report.maximumBytes) bytes at most."
        }
        return .done
    }

    private static func describe(_ format: ImageFormat) -> Format {
        switch format {
        case .jpeg:
            Format(
                name: "JPEG", mediaType: format.mediaType,
                read: "baseline, extended and progressive, 8 bits, gray, YCbCr, RGB, CMYK; EXIF orientation",
                refused: "12 bits, lossless, arithmetic variants that the library does not read")
        case .png:
            Format(
                name: "PNG", mediaType: format.mediaType,
                read: "1, 2, 4, 8 and 16 bits, gray, RGB, palette, alpha, interlaced", refused: "damaged checksums")
        }
    }

    private static let keras = Format(
        name: "Keras 3", mediaType: "application/zip", read: ".keras: Sequential and Functional, nested models",
        refused: "layers that are not known, each by its name")
}
