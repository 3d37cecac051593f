/// Removes comments and the text of string literals from Swift, keeping its lines.
///
/// It knows nested comments, literals over several lines, raw literals and interpolation; regular expressions between
/// slashes it takes for code.
struct CodeStripper {
    private let source: [UInt8]
    private var position = 0
    private var output: [UInt8] = []

    init(_ text: String) { source = Array(text.utf8) }

    mutating func strip() -> String {
        code(endingAtParenthesis: false)
        return String(decoding: output, as: UTF8.self)
    }

    private func starts(_ text: String, at place: Int? = nil) -> Bool {
        source[(place ?? position)...].starts(with: text.utf8)
    }

    /// Copies code up to the end, or to the parenthesis that ends an interpolation.
    private mutating func code(endingAtParenthesis: Bool) {
        var depth = 0
        while position < source.count {
            if starts("//") {
                while position < source.count, source[position] != 0x0A { position += 1 }
            } else if starts("/*") {
                comment()
            } else if let hashes = openingHashes {
                literal(hashes: hashes)
            } else {
                if source[position] == UInt8(ascii: "(") { depth += 1 }
                if source[position] == UInt8(ascii: ")") { depth -= 1 }
                output.append(source[position])
                position += 1
                if endingAtParenthesis, depth == 0 { return }
            }
        }
    }

    private mutating func comment() {
        var depth = 0
        repeat {
            if starts("/*") || starts("*/") {
                depth += source[position] == UInt8(ascii: "/") ? 1 : -1
                position += 2
            } else {
                skip()
            }
        } while depth > 0 && position < source.count
    }

    /// How many `#` stand before the quotation mark here; nil when no literal begins.
    private var openingHashes: Int? {
        let hashes = source[position...].prefix { $0 == UInt8(ascii: "#") }.count
        return position + hashes < source.count && source[position + hashes] == UInt8(ascii: "\"") ? hashes : nil
    }

    private mutating func literal(hashes: Int) {
        let fence = String(repeating: "#", count: hashes)
        position += hashes
        let quote = starts("\"\"\"") ? "\"\"\"" : "\""
        position += quote.utf8.count
        output += "\"".utf8
        while position < source.count {
            if starts(quote + fence) {
                position += quote.utf8.count + hashes
                break
            } else if starts("\\" + fence + "(") {
                position += 1 + hashes
                code(endingAtParenthesis: true)
            } else if starts("\\" + fence) {
                position += 1 + hashes
                skip()
            } else {
                skip()
            }
        }
        output += "\"".utf8
    }

    /// Steps over a byte; ends of lines stay.
    private mutating func skip() {
        guard position < source.count else { return }
        if source[position] == 0x0A { output.append(0x0A) }
        position += 1
    }
}
