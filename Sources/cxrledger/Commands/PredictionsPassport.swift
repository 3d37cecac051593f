import Service
import Storage

/// `predictions passport`: one prediction with everything that proves it, in one file.
enum PredictionsPassport: Command {
    static let definition = CommandDefinition(
        words: ["predictions", "passport"], section: .predictions,
        summary: "Write one prediction with everything that proves it into a file",
        discussion: """
            A passport holds the signed entry, its proof, the checkpoint, the key history, the model's registration with \
            its card, and the reviews so far. `cxrledger verify-export` checks it years later without this log.
            With --image the picture is in it, and the key under which the entry commits to it: whoever has that key can \
            test whether a picture is one of this patient's. It opens nothing that is sealed. Giving out is recorded.
            """,
        operands: [.init(name: "ID")],
        flags: [
            Flag("image", nil, "put the picture in"),
            Flag("output", "FILE", "the file; ID.passport.json in the current folder when not given"),
        ],
        examples: [
            "cxrledger predictions passport 0199b1c2-7d3e-7a10-9c55-0123456789ab --output passport.json"
        ])

    private struct Written: Encodable {
        let path: String
        let bytes: Int
    }

    static func run(_ invocation: Invocation) async throws -> ExitStatus {
        let (arguments, console) = (invocation.arguments, invocation.console)
        let bytes = try await invocation.access().passport(
            of: arguments.operands[0], withImage: arguments.has("image"))
        let path = arguments.value("output") ?? "\(arguments.operands[0]).passport.json"
        do { try DurableFile.write(bytes, to: path) } catch {
            throw Failure("output-failed", "\(Printable.text(path)) cannot be written: \(error.description)")
        }
        try console.show(Written(path: path, bytes: bytes.count)) { "\(Printable.text(path)): \(bytes.count) bytes" }
        return .done
    }
}
