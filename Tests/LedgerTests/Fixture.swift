import CanonicalJSON
import Foundation
import Ledger
import Crypto

/// Files of the `Fixtures` folder, and the key that signed them.
enum Fixture {
    static func bytes(_ name: String) throws -> [UInt8] {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures")
        return Array(try Data(contentsOf: folder.appending(path: name)))
    }

    static func text(_ name: String) throws -> String { String(decoding: try bytes(name), as: UTF8.self) }

    static func key(_ first: UInt8 = 0) throws -> Ed25519.PrivateKey {
        try Ed25519.PrivateKey(seed: SecretBytes((0..<32).map { first &+ $0 }))
    }

    /// The draft of `entry.bin`.
    static let draft = EnvelopeDraft(
        id: "01890a5d-ac96-774b-bcce-b302099a8057", stream: "prediction-01890a5d", type: "PredictionRecorded",
        schema: 2,
        action: "C", occurredAt: Timestamp("2026-02-28T23:59:59.999999Z") ?? Timestamp(microseconds: .max),
        actor: .init(
            id: "dr.möller", name: "Dr. Möller", kind: "human", roles: ["clinician", "auditor"], credential: "c0ffee",
            session: "n_1", issuer: "https://id.example", tokenID: "jti-7", onBehalfOf: "ward-3",
            address: "192.0.2.7", port: 54_321, userAgent: "Test/1.0 (\"quoted\" \\ é)", purpose: "TREAT"),
        correlation: "request-1", causation: "01890a5d-ac96-774b-bcce-b302099a8056",
        idempotency: .init(key: String(repeating: "00", count: 32), request: String(repeating: "ff", count: 32)),
        outcome: "minor", outcomeReason: "line\nbreak", severity: "medium",
        service: .init(build: "abc123", host: "node-1", id: "cxrledger", version: "1.0.0"), subject: "s_42",
        payload: [
            "label": "PNEUMONIA", "nested": [1, -2, ["a": true, "z": nil]], "probability": "0.98666966",
        ])

    /// The envelope of `entry.bin`.
    static var envelope: [UInt8] {
        draft.envelope(
            log: "log.example/cxr", version: 7, previous: SHA256.hash(Array("predecessor".utf8)),
            recordedAt: Timestamp("2026-03-01T00:00:00.000000Z") ?? Timestamp(microseconds: 0))
    }
}
