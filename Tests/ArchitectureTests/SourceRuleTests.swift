import Testing

/// The rules of docs and CONTRIBUTING.md that no compiler holds us to.
@Suite struct `Every source file` {
    @Test func `does without force unwraps, try! and as!`() {
        for file in Repository.sources {
            // A mark of negation follows a space or a bracket; this one follows what it unwraps.
            let forced = file.numbers(of: /[\w\)\]\}"?>]!(?!=)/, mark: "!")
            #expect(forced.isEmpty, "\(file), lines \(forced)")
        }
    }

    @Test func `says why where it asks the compiler not to look`() {
        for file in Repository.sources {
            let unchecked =
                file.numbers(of: /nonisolated\(unsafe\)/, mark: "(")
                + file.numbers(of: /@unchecked Sendable/, mark: "@")
            let unsaid = unchecked.filter { number in
                // On the line, the one below, or in the comment above it, which may stand for two of them.
                let near = file.lines[max(0, number - 3)...min(number, file.lines.count - 1)]
                return !near.contains { $0.contains("//") }
            }
            #expect(unsaid.isEmpty, "\(file), lines \(unsaid)")
        }
    }

    @Test func `has 400 lines at most`() throws {
        for path in try Repository.files(in: "Sources", endingIn: [".swift", ".c", ".h"]) {
            let count = try Repository.text(path).utf8.count { $0 == UInt8(ascii: "\n") }
            #expect(count <= 400, "\(path)")
        }
    }

    /// An auditor reads it before relying on it.
    @Test func `has fewer than 250 lines where auditors shall read all of it`() throws {
        for path in try Repository.files(in: "docs/verify", endingIn: [".py"]) {
            #expect(try Repository.text(path).utf8.count { $0 == UInt8(ascii: "\n") } < 250, "\(path)")
        }
    }

    @Test func `is stripped to its code before it is judged`() {
        let file = SwiftSource(
            "Sources/A/B.swift",
            text: ##"""
                import A // import B
                /* x! /* y! */ z! */ let a = "b!" + #"\(c!) \#(d!)"# + """
                    e! \(f["g!"] ?? h!) "i!"
                    """
                @testable import struct C.D
                """##)
        #expect(file.imports == ["A", "C"])
        #expect(file.code[1] == #" let a = "" + "(d!)" + ""#)
        #expect(file.code[2] == #"(f[""] ?? h!)"#)
        #expect(file.numbers(of: /!/, mark: "!") == [2, 3])
    }
}
