import Imaging
import Service

/// `inspect`: what a picture is, and what the service would do with it.
enum Inspect: Command {
    static let definition = CommandDefinition(
        words: ["inspect"], section: .predictions, summary: "Show what a picture is and what would be done with it",
        discussion: """
            Decodes the picture under the service's limits and says what the service would make of it, or why it would \
            refuse it. Nothing is recorded and nothing is stored.
            """,
        operands: [.init(name: "IMAGE")],
        examples: ["cxrledger inspect scan.png", "cxrledger inspect scan.png --json"],
        reach: .nothing, exits: "0 it would be taken, 1 it would be refused")

    private struct Report: Encodable {
        let file: String
        let bytes: Int
        var format: String?
        var width: Int?
        var height: Int?
        var bitDepth: Int?
        var colour: String?
        var layered: Bool?
        var orientation: Int?
        var steps: [String] = []
        /// Whether the service would take it; otherwise code and detail say why not.
        var accepted = false
        var code: String?
        var detail: String?
    }

    static func run(_ invocation: Invocation) async throws -> ExitStatus {
        let (settings, path) = (try invocation.settings(), invocation.arguments.operands[0])
        let bytes = try InputFile.read(path, limit: settings.bodyLimit)
        var limits = ImageLimits()
        limits.maximumPixels = settings.pixelLimit
        var report = Report(file: path, bytes: bytes.count)
        do {
            let info = try ImageDecoder.inspect(bytes, limits: limits)
            describe(info, in: &report)
            _ = try ImageDecoder.decode(bytes, as: .luminance, limits: limits)
            (report.accepted, report.steps) = (true, steps(info))
        } catch {
            let refusal = ServiceError(error)
            (report.code, report.detail) = (refusal.code, refusal.detail)
        }
        try invocation.console.show(report) { text(report, invocation.console) }
        return report.accepted ? .done : .failed
    }

    private static func describe(_ info: ImageInfo, in report: inout Report) {
        report.format = info.format.rawValue
        (report.width, report.height, report.bitDepth) = (info.width, info.height, info.bitDepth)
        (report.colour, report.layered) = (info.colour.rawValue, info.isLayered)
        report.orientation = Int(info.orientation.rawValue)
    }

    private static func steps(_ info: ImageInfo) -> [String] {
        var steps: [String] = []
        if info.orientation != .topLeft { steps.append("turn upright (EXIF orientation \(info.orientation.rawValue))") }
        if info.bitDepth == 16 { steps.append("take the high 8 of 16 bits") }
        if info.channels == 2 || info.colour == .rgba { steps.append("drop transparency") }
        if info.colour != .gray { steps.append("luminance, ITU-R 601-2 (RGB for a model that takes three channels)") }
        return steps + ["resize to the model's input, antialiased bilinear, aspect ratio not kept", "divide by 255"]
    }

    private static func text(_ report: Report, _ console: Console) -> String {
        let size = report.width.flatMap { width in report.height.map { "\(width) × \($0) pixels" } }
        return TextTable.fields(
            [
                ("file", .init(report.file)), ("bytes", "\(report.bytes)"), ("format", report.format.map { .init($0) }),
                ("size", size.map { .init($0) }), ("bit depth", report.bitDepth.map { "\($0)" }),
                ("colour", report.colour.map { .init($0) }),
                ("layout", report.layered.map { $0 ? "in passes (interlaced or progressive)" : "row by row" }),
                ("accepted", report.accepted ? .init("yes", .good) : .init("no", .bad)),
                ("because", report.code.map { .init("\(report.detail ?? "") [\($0)]") }),
                ("steps", report.steps.isEmpty ? nil : .init(report.steps.joined(separator: "; "))),
            ], console)
    }
}
