import CanonicalJSON
import Ledger
import Storage
import StorageTestSupport
import Testing

@Suite struct `An idempotency record` {
    private func envelope(_ key: String?, by actor: String = "c1") throws -> Envelope {
        let draft = EnvelopeDraft(
            id: "0199b1c2-7d3e-7a10-9c55-0123456789ab", stream: "s", type: "T", schema: 1, action: "C",
            occurredAt: Timestamp(microseconds: 0), actor: .init(id: actor, kind: "human", roles: []),
            correlation: "r", idempotency: key.map { .init(key: $0, request: "q") }, outcome: "success",
            severity: "low", service: .init(build: "b", host: "h", id: "i", version: "v"), payload: [:])
        let time = Timestamp(microseconds: 0)
        return try Envelope(parsing: draft.envelope(log: "l", version: 0, previous: nil, recordedAt: time))
    }

    @Test func `stands for the first entry of a command alone`() throws {
        let (keyed, other) = (try envelope("k"), try envelope("k2"))
        #expect(IdempotencyRecord(try envelope(nil), at: 3, after: nil) == nil)
        let due = IdempotencyRecord(principal: "c1", key: "k", request: "q", index: 3)
        for predecessor in [nil, try envelope(nil), other, try envelope("k", by: "c2")] {
            #expect(IdempotencyRecord(keyed, at: 3, after: predecessor) == due)
        }
        #expect(IdempotencyRecord(keyed, at: 4, after: keyed) == nil)
    }
}
