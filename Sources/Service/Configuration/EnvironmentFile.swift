/// `.env`: lines of `NAME=value`, comments with `#`, values in single or double quotes if one likes.
public enum EnvironmentFile {
    /// Reads the file; one that is missing or cannot be read sets nothing.
    public static func read(_ path: String) -> [String: String] {
        guard let bytes = try? SmallFile.read(path, limit: 1 << 20) else { return [:] }
        return parse(String(decoding: bytes, as: UTF8.self))
    }

    static func parse(_ text: String) -> [String: String] {
        var values: [String: String] = [:]
        // Editors of Windows begin a file with a byte order mark.
        for line in text.drop(while: { $0 == "\u{FEFF}" }).split(whereSeparator: \.isNewline) {
            var line = line.drop(while: \.isWhitespace)
            if line.hasPrefix("export ") { line = line.dropFirst(7) }
            guard !line.hasPrefix("#"), let equals = line.firstIndex(of: "=") else { continue }
            let name = line[..<equals].filter { !$0.isWhitespace }
            var value = line[line.index(after: equals)...].drop(while: \.isWhitespace)
            while value.last?.isWhitespace == true { value.removeLast() }
            if let quote = value.first, quote == "\"" || quote == "'", value.count >= 2, value.last == quote {
                value = value.dropFirst().dropLast()
            } else if let comment = value.firstRange(of: " #") {
                value = value[..<comment.lowerBound]
            }
            values[String(name)] = String(value)
        }
        return values
    }
}
