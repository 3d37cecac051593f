import TestSupport
import Testing

@testable import cxrledger

@Suite struct `The argument parser` {
    static func parse(_ line: String) throws -> ArgumentParser.Request {
        let words = line.split(separator: " ").map(String.init)
        return try ArgumentParser.parse(words, table: CommandTable.definitions, globals: GlobalFlags.all)
    }

    static func arguments(_ line: String) throws -> Arguments {
        guard case .run(let arguments) = try parse(line) else { throw Failure("help", "a command was expected") }
        return arguments
    }

    static func failure(_ line: String) -> Failure? {
        do { _ = try parse(line) } catch { return error as? Failure }
        return nil
    }

    @Test func `sorts words into command, operands and flags`() throws {
        let arguments = try Self.arguments("predict a.png b.png --patient P-123 --json")
        #expect(arguments.command == ["predict"])
        #expect(arguments.operands == ["a.png", "b.png"])
        #expect(arguments.value("patient") == "P-123")
        #expect(arguments.has("json") && !arguments.has("quiet"))
    }

    @Test func `takes global flags before, between and behind the words of a command`() throws {
        let expected = try Self.arguments("models list --home h")
        #expect(try Self.arguments("--home h models list") == expected)
        #expect(try Self.arguments("models --home h list") == expected)
        #expect(try Self.arguments("models list --home=h") == expected)
    }

    @Test(arguments: ["--model_path m.keras", "--model-path=m.keras", "--model_path=m.keras"])
    func `reads underscores in the names of flags as dashes`(flag: String) throws {
        #expect(try Self.arguments("serve \(flag)").value("model-path") == "m.keras")
    }

    @Test func `knows settings by the names of their variables too`() throws {
        #expect(try Self.arguments("serve --api-port 8080").value("port") == "8080")
        #expect(try Self.arguments("serve --database_url sqlite:///a.db").value("database") == "sqlite:///a.db")
    }

    @Test func `ends the flags at two dashes`() throws {
        #expect(try Self.arguments("predict -- --odd.png").operands == ["--odd.png"])
    }

    @Test func `tells a command from its longer sibling`() throws {
        #expect(try Self.arguments("config").command == ["config"])
        #expect(try Self.arguments("config check").command == ["config", "check"])
    }

    @Test func `lets the last value of a flag win`() throws {
        #expect(try Self.arguments("timeline --limit 5 --limit 7").number("limit", in: 1...10) == 7)
    }

    @Test(arguments: [
        ("predct a.png", "Did you mean `predict`?"), ("models lst", "Did you mean `list`?"),
        ("predict a.png --patent P", "Did you mean --patient?"), ("frobnicate", "There is no command `frobnicate`."),
        ("models", "needs one of: list, show"), ("predict", "FILE is missing"),
        ("predict a.png --patient", "--patient needs a value"), ("predict a.png --patient --json", "needs a value"),
        ("verify --json=yes", "takes no value"), ("verify extra", "does not take `extra`"),
        ("credentials issue --role king", "takes one of clinician"), ("predict -x a.png", "There is no flag -x"),
        ("--patient P predict a.png", "behind the command's name"), ("review", "ID is missing"),
    ])
    func `refuses what it does not know, with code 2 and a hint`(line: String, hint: String) throws {
        let failure = try #require(Self.failure(line))
        #expect(failure.exit == .misused)
        #expect(failure.sentence.contains(hint), "\(failure.sentence)")
    }

    @Test(
        arguments: [
            "train", "evaluate --data_dir d", "quality_gates", "quality-gates", "status", "monitor", "demo", "metrics",
            "deploy", "model", "model list", "model register --model-id m", "help model", "stats", "split", "heatmap",
        ])
    func `tells commands of the replaced service apart from mistakes`(line: String) throws {
        let failure = try #require(Self.failure(line))
        #expect(failure.exit == .outOfScope)
        #expect(failure.code == "out-of-scope")
    }

    @Test func `leads from every way of asking to the help`() throws {
        #expect(try Self.parse("") == .help([], isLong: true))
        #expect(try Self.parse("help") == .help([], isLong: true))
        #expect(try Self.parse("help models show") == .help(["models", "show"], isLong: true))
        #expect(try Self.parse("help models") == .help(["models"], isLong: true))
        #expect(try Self.parse("models show --help") == .help(["models", "show"], isLong: true))
        #expect(try Self.parse("predict -h") == .help(["predict"], isLong: false))
        #expect(try Self.parse("--version") == Self.parse("version"))
        #expect(Self.failure("help modls")?.sentence.contains("Did you mean `models`?") == true)
    }

    @Test(arguments: ["abc", "-1", "0", "1001", "1e3", "99999999999999999999"])
    func `refuses a number outside its range`(text: String) throws {
        var arguments = Arguments()
        arguments.flags["limit"] = [text]
        #expect(throws: Failure.self) { try arguments.number("limit", in: 1...1_000) }
    }

    @Test(arguments: 0..<200 as Range<UInt64>) func `never traps, whatever the words`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let words = [
            "predict", "models", "--", "--json", "--patient", "=", "--=", "-", "", "--limit=", "help", "ü", "config",
            "check",
        ]
        let call = (0..<Int.random(in: 0..<8, using: &random)).map { _ in words.randomElement(using: &random) ?? "" }
        _ = try? ArgumentParser.parse(call, table: CommandTable.definitions, globals: GlobalFlags.all)
    }
}
