/// A Swift file, with and without what the compiler does not run.
struct SwiftSource: Sendable, CustomStringConvertible {
    let path: String
    let lines: [String]
    /// The lines with comments gone and the text of string literals emptied; what is interpolated stays.
    let code: [String]

    init(_ path: String, text: String) {
        self.path = path
        lines = Self.lines(of: text)
        var stripper = CodeStripper(text)
        code = Self.lines(of: stripper.strip())
    }

    var description: String { path }

    /// The folder below `Sources`.
    var target: String { path.split(separator: "/").dropFirst().first.map(String.init) ?? "" }

    /// The modules that the file imports.
    var imports: [String] {
        code.compactMap { line in
            let words = line.split { " .".contains($0) }
            guard let keyword = words.prefix(2).firstIndex(of: "import") else { return nil }
            // `import struct Module.Name` names what it takes.
            return words[(keyword + 1)...].first { !Self.kinds.contains($0) }.map(String.init)
        }
    }

    /// The numbers, from 1, of the lines whose code matches; `mark` is a byte that every match holds, since looking for
    /// it first is many times faster.
    func numbers(of pattern: Regex<Substring>, mark: Unicode.Scalar) -> [Int] {
        // A word ends at a point, which it does not for Unicode.
        let pattern = pattern.wordBoundaryKind(.simple)
        return code.indices.filter { code[$0].utf8.contains(UInt8(ascii: mark)) && code[$0].contains(pattern) }
            .map { $0 + 1 }
    }

    private static let kinds: Set<Substring> = [
        "struct", "class", "enum", "protocol", "func", "var", "let", "typealias",
    ]

    private static func lines(of text: String) -> [String] {
        text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }
}
