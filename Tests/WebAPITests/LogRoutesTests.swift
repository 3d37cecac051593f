import CanonicalJSON
import Crypto
import Ledger
import Testing

@testable import WebAPI

@Suite(.serialized) struct `The log over HTTP` {
    @Test func `is proved to whoever holds an entry, or an old checkpoint`() async throws {
        try await RunningService.run { service in
            let key = try VerifierKey(String(try await service.get("/v1/log/vkey").text.dropLast()))
            let note = try await service.get("/v1/log/checkpoint").text
            let checkpoint = try Checkpoint(note: note, signedBy: [key])
            let last = checkpoint.size - 1
            let inclusion = try await service.get("/v1/log/proof/inclusion?entry=\(last)&size=\(checkpoint.size)")
            #expect(inclusion.json["root"]?.stringValue == checkpoint.root.hex)
            #expect(inclusion.json["index"]?.integerValue == Int64(last))
            let proof = try await service.get("/v1/log/proof/inclusion?entry=0").json["proof"]?.stringValue
            #expect(try TLogProof(parsing: proof ?? "").index == 0)
            let consistency = try await service.get("/v1/log/proof/consistency?from=1&to=\(checkpoint.size)")
            #expect(consistency.json["to_root"]?.stringValue == checkpoint.root.hex)
        }
    }

    @Test(arguments: [
        ("inclusion", 400), ("inclusion?entry=0&size=99999", 400), ("inclusion?entry=x", 404), ("consistency", 400),
        ("consistency?from=-1", 400), ("consistency?from=5&to=1", 400),
    ])
    func `says what it cannot prove`(path: String, status: Int) async throws {
        try await RunningService.run { service in
            let reply = try await service.get("/v1/log/proof/\(path)")
            #expect(reply.status == status)
        }
    }
}
