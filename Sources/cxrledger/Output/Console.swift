import FoundationEssentials
import Glibc

/// Where a command writes: data to standard output, reasons to standard error.
///
/// A reader who has left does not stop the work; what cannot be written is dropped.
struct Console: Sendable {
    /// What a piece of text means; a terminal shows it as a colour.
    enum Style: String, Sendable {
        case plain = ""
        case heading = "1"
        case good = "32"
        case bad = "1;31"
        case faint = "2"
    }

    let isColored: Bool
    let isQuiet: Bool
    let isJSON: Bool
    /// Whether somebody watches standard error.
    let isWatched: Bool

    /// Colours go to terminals only, and not when NO_COLOR is set (no-color.org).
    init(
        environment: [String: String], flags: Set<String>, isTerminal: (Int32) -> Bool = { isatty($0) == 1 }
    ) {
        isJSON = flags.contains("json")
        isQuiet = flags.contains("quiet")
        let isPlain =
            flags.contains("no-color") || !(environment["NO_COLOR"] ?? "").isEmpty || environment["TERM"] == "dumb"
        isColored = !isPlain && isTerminal(STDOUT_FILENO)
        isWatched = isTerminal(STDERR_FILENO)
    }

    /// Writes a line of data.
    ///
    /// An answer that did not arrive is no success; a reader who closed the pipe has had enough.
    func print(_ text: String) {
        guard !Self.write(text + "\n", to: STDOUT_FILENO), errno != EPIPE else { return }
        complain(Failure("output-failed", "The answer could not be written; is the disk full?"))
        exit(ExitStatus.failed.rawValue)
    }

    /// Writes a value as one JSON document.
    func print(json value: some Encodable) throws { print(try JSONDocument.text(of: value)) }

    /// Writes a value as JSON when that was asked for, and otherwise as `text` says.
    func show(_ value: some Encodable, _ text: () -> String) throws {
        if isJSON { try print(json: value) } else { print(text()) }
    }

    /// Tells something that is no data.
    func note(_ text: String) { if !isQuiet { warn(text) } }

    /// Tells something that must not be lost.
    func warn(_ text: String) { Self.write(Printable.text(text, keepingLines: true) + "\n", to: STDERR_FILENO) }

    /// Overwrites the line that stands last on standard error.
    func redraw(_ text: String) { Self.write("\r\u{1B}[K" + text, to: STDERR_FILENO) }

    /// Tells why a command failed: as one JSON document when the answer would have been one.
    func complain(_ failure: Failure) {
        if isJSON, let document = try? JSONDocument.text(of: failure.document) { return warn(document) }
        warn("error [\(failure.code)]: \(failure.sentence)")
        if let help = failure.help { warn((["Try: cxrledger help"] + help).joined(separator: " ")) }
    }

    /// The text with its colour, when there are colours.
    func paint(_ text: String, _ style: Style) -> String {
        isColored && style != .plain && !text.isEmpty ? "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m" : text
    }

    @discardableResult
    private static func write(_ text: String, to descriptor: Int32) -> Bool {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 || errno == EINTR else { return false }
            rest = rest.dropFirst(max(0, count))
        }
        return true
    }
}
