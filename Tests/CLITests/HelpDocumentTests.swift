import CanonicalJSON
import Service
import Testing

@testable import cxrledger

@Suite struct `Documents for programs` {
    private func value(_ document: some Encodable) throws -> JSONValue {
        try JSONDocument.value(JSONValue.self, from: Array(JSONDocument.text(of: document).utf8))
    }

    private func help(_ path: String...) throws -> JSONValue {
        try value(HelpDocument(on: path, table: CommandTable.definitions))
    }

    @Test func `list every command with its summary`() throws {
        let names = try help()["commands"]?.arrayValue?.compactMap { $0["name"]?.stringValue }
        #expect(names == CommandTable.definitions.map(\.name))
        #expect(try help()["exits"]?.arrayValue?.count == ExitStatus.allCases.count)
    }

    @Test func `teach one command with usage, flags and examples`() throws {
        let commands = try #require(try help("models", "register")["commands"]?.arrayValue)
        #expect(commands.count == 1)
        for name in ["usage", "summary", "description", "exits"] {
            #expect(commands.first?[name]?.stringValue?.isEmpty == false, "\(name)")
        }
        #expect(commands.first?["examples"]?.arrayValue?.isEmpty == false)
    }

    @Test func `tell why a command failed`() throws {
        var failure = Failure.usage("There is no `x`.", help: ["models"])
        #expect(
            try value(failure.document) == [
                "code": "usage", "detail": "There is no `x`.", "exit": 2, "help": "cxrledger help models",
            ])
        failure = Failure(ServiceError(.overloaded(retryAfterSeconds: 3), "overloaded", "Wait."))
        #expect(
            try value(failure.document) == [
                "code": "overloaded", "detail": "Wait.", "exit": 1, "retry_after_seconds": 3,
            ])
    }
}
