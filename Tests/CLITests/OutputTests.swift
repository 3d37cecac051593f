import CanonicalJSON
import Testing

@testable import Service
@testable import cxrledger

@Suite struct `Output for people` {
    let console = Console(environment: ["NO_COLOR": "1"], flags: [])

    @Test func `aligns columns, numbers at the right`() {
        let table = TextTable(["NAME", .init(number: "N"), "LAST"], [["a", "1", "x"], ["long", "100", "yz"]])
        #expect(table.text(console) == "NAME    N  LAST\na       1  x\nlong  100  yz")
    }

    @Test func `leaves out labels without a value`() {
        #expect(TextTable.fields([("id", "1"), ("patient", nil), ("index", "2")], console) == "id     1\nindex  2")
    }

    @Test func `shows no control character of stored text`() {
        let cell = TextTable.Cell("a\u{1B}[31mb\nc\u{202E}d")
        #expect(!cell.text.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x202E })
        #expect(Printable.text("one\ntwo\r", keepingLines: true) == "one\ntwo\u{FFFD}")
        #expect(Printable.text("Größe 3 µm") == "Größe 3 µm")
    }

    @Test func `shows no control character of a report, and keeps the value of a document`() throws {
        let origin = "a\u{1B}[31m\u{9B}\u{202E}"
        let report = VerificationReport(
            mode: "full", ok: false, origin: origin, size: 1, root: "", checkpoint: nil,
            findings: [.init(code: "blob", index: nil, file: origin, sentence: "bad")], checks: [], flags: [])
        let json = try JSONDocument.text(of: report)
        for text in [Verify.text(report, console), json] {
            #expect(!text.unicodeScalars.contains { [0x1B, 0x9B, 0x202E].contains($0.value) })
        }
        #expect(try JSONDocument.value(JSONValue.self, from: Array(json.utf8))["origin"]?.stringValue == origin)
    }

    @Test(arguments: [["NO_COLOR": "1"], ["TERM": "dumb"]])
    func `has no colour on a terminal that wants none`(environment: [String: String]) {
        #expect(Console(environment: environment, flags: []) { _ in true }.paint("x", .bad) == "x")
    }

    @Test func `has colour on a terminal, and none in a file or with --no-color`() {
        #expect(
            Console(environment: ["NO_COLOR": ""], flags: []) { _ in true }.paint("x", .good) == "\u{1B}[32mx\u{1B}[0m")
        #expect(Console(environment: [:], flags: []) { _ in false }.paint("x", .good) == "x")
        #expect(Console(environment: [:], flags: ["no-color"]) { _ in true }.paint("x", .good) == "x")
    }

    @Test func `draws progress from nothing to all`() {
        #expect(ProgressBar.text("p", 0, of: 4).hasSuffix("░ 0 of 4"))
        #expect(ProgressBar.text("p", 4, of: 4).hasSuffix("█ 4 of 4"))
        #expect(ProgressBar.text("p", 9, of: 4).filter { $0 == "█" }.count == 30)
        #expect(ProgressBar.text("p", 0, of: 0).contains("█"))
        #expect(ProgressBar.remaining(30, after: 10, in: .seconds(4)) == ", 12 s left")
        #expect(ProgressBar.remaining(3_000, after: 10, in: .seconds(4)) == ", 20 min left")
        #expect(ProgressBar.remaining(30, after: 10, in: .seconds(1)).isEmpty)
        #expect(ProgressBar.remaining(30, after: 0, in: .seconds(9)).isEmpty)
    }

    @Test func `shortens times to the second`() {
        #expect(Times.short("2026-11-23T22:48:00.123456Z") == "2026-11-23T22:48:00Z")
        #expect(Times.short("yesterday") == "yesterday")
    }

    @Test func `breaks help at blanks`() {
        #expect(Help.wrapped("aa bb cc\n\ndd", width: 5) == "aa bb\ncc\n\ndd")
    }
}
