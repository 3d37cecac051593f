import Concurrency
import Crypto
import Ledger
import Storage
import StorageTestSupport
import Testing

/// Keys that one process makes and the others find, as in a folder that they share.
private final class SharedKeys: Sendable {
    private let keys = Locked<[any Signer]>([])

    func add(_ more: [any Signer]) { keys.withLock { $0 += more } }

    func identity(of log: TestLog) -> LogIdentity {
        LogIdentity(origin: log.origin, root: log.pinnedRoot, signers: log.identity.signers) { [keys] in
            keys.withLock { $0 }
        }
    }
}

/// A key that can be asked only as long as its token is plugged in.
private final class Pluggable: Signer {
    let publicKey: Ed25519.PublicKey
    private let key: Ed25519.PrivateKey
    private let isThere = Locked(true)

    init(_ key: Ed25519.PrivateKey) { (self.key, publicKey) = (key, key.publicKey) }

    func plug(in isThere: Bool) { self.isThere.withLock { $0 = isThere } }

    func sign(_ message: [UInt8]) throws(CryptoError) -> [UInt8] {
        guard isThere.withLock({ $0 }) else { throw .signer }
        return key.sign(message)
    }
}

@Suite struct `A rotation of keys` {
    private let event = Ed25519.PrivateKey.generate()
    private let checkpoint = Ed25519.PrivateKey.generate()

    /// Both new keys, and the end of the old ones.
    private func rotation(of log: TestLog) -> Append {
        Append(
            [
                log.certifying([(event.publicKey, .event), (checkpoint.publicKey, .checkpoint)]),
                log.retiring(log.eventKey.publicKey, .event),
                log.retiring(log.checkpointSigner.verifierKey.key, .checkpoint),
            ], preconditions: ["keys": .version(0)], signers: [event, checkpoint])
    }

    private func signers(_ bench: SequencerBench) async throws -> [Digest] {
        try await bench.store.read { reader throws(StorageError) in
            try reader.entries(from: 0, limit: .max).compactMap { try? Entry(decoding: $0.bytes).keyID }
        }
    }

    @Test(arguments: Backend.allCases) func `signs with the new keys from its own first event on`(
        backend: Backend
    ) async throws {
        let bench = try await SequencerBench(backend)
        _ = try await bench.sequencer.append(bench.log.append(to: "a"))
        let receipt = try await bench.sequencer.append(rotation(of: bench.log))
        _ = try await bench.sequencer.append(bench.log.append(to: "a"))
        let old = bench.log.eventKey.publicKey.keyID
        #expect(try await signers(bench) == [old, old] + Array(repeating: event.publicKey.keyID, count: 4))
        let verifier = VerifierKey(name: bench.log.origin, key: checkpoint.publicKey)
        #expect(throws: Never.self) { try Checkpoint(note: receipt.checkpoint, signedBy: [verifier]) }
        #expect(try await bench.audit().head.size == 6)
        // A process that starts now, with the new keys alone.
        let identity = LogIdentity(
            origin: bench.log.origin, root: bench.log.pinnedRoot, signers: [event, checkpoint])
        let fresh = Sequencer(
            store: try bench.site.openLog(bench.log.origin), lock: bench.lock, identity: identity, now: bench.clock.now)
        _ = try await fresh.append(bench.log.append(to: "b", expecting: .absent))
        #expect(try await bench.audit().head.size == 7)
    }

    @Test(arguments: Backend.allCases) func `is followed by every process, or stops it`(backend: Backend) async throws {
        let bench = try await SequencerBench(backend)
        let shared = SharedKeys()
        let following = Sequencer(
            store: try bench.site.openLog(bench.log.origin), lock: bench.lock,
            identity: shared.identity(of: bench.log), now: bench.clock.now)
        let left = try bench.another()
        for process in [following, left] { _ = try await process.append(bench.log.append(to: "a")) }
        shared.add([event, checkpoint])
        _ = try await bench.sequencer.append(rotation(of: bench.log))
        _ = try await following.append(bench.log.append(to: "b", expecting: .absent))
        await #expect(throws: AppendError.readOnly) { try await left.append(bench.log.append(to: "c")) }
        #expect(try await bench.audit().head.size == 7)
    }

    @Test(arguments: Backend.allCases) func `meets the appends of another process at any moment`(
        backend: Backend
    ) async throws {
        for round in 0..<6 {
            let bench = try await SequencerBench(backend)
            let shared = SharedKeys()
            let other = Sequencer(
                store: try bench.site.openLog(bench.log.origin), lock: bench.lock,
                identity: shared.identity(of: bench.log), now: bench.clock.now)
            shared.add([event, checkpoint])
            let (event, checkpoint, rotation) = (event, checkpoint, rotation(of: bench.log))
            try await withThrowingTaskGroup { group in
                for producer in 0..<8 {
                    group.addTask {
                        for number in 0..<12 {
                            let stream = "s\(producer)/\(number)"
                            _ = try await other.append(bench.log.append(to: stream, expecting: .absent))
                        }
                    }
                }
                group.addTask {
                    try await Task.sleep(for: .milliseconds(2 * round))
                    _ = try await bench.sequencer.append(rotation)
                }
                try await group.waitForAll()
            }
            let audit = try await bench.audit()
            #expect(audit.head.size == 1 + 96 + 3)
            #expect(Set(try await signers(bench)).contains(event.publicKey.keyID))
            let verifier = VerifierKey(name: bench.log.origin, key: checkpoint.publicKey)
            let note = try #require(try bench.lock.current())
            _ = try Checkpoint(note: note, signedBy: [verifier])
        }
    }

    @Test(arguments: Backend.allCases) func `replaces keys that are lost, by the root alone`(
        backend: Backend
    ) async throws {
        let bench = try await SequencerBench(backend)
        let identity = LogIdentity(origin: bench.log.origin, root: bench.log.pinnedRoot, signers: [])
        let bare = Sequencer(
            store: try bench.site.openLog(bench.log.origin), lock: bench.lock, identity: identity, now: bench.clock.now)
        await #expect(throws: AppendError.readOnly) { try await bare.append(bench.log.append(to: "a")) }
        _ = try await bare.append(rotation(of: bench.log))
        _ = try await bare.append(bench.log.append(to: "a"))
        #expect(try await bench.audit().head.size == 5)
    }

    @Test(arguments: Backend.allCases)
    func `is refused when it would leave the log without keys, or bring old ones back`(
        backend: Backend
    ) async throws {
        let bench = try await SequencerBench(backend)
        let log = bench.log
        let stranger = TestLog(origin: log.origin)
        let again = Append([log.certifying([(log.eventKey.publicKey, .event)])])
        let other = Ed25519.PrivateKey.generate()
        let foreign = Append([stranger.certifying([(other.publicKey, .event)])], signers: [other])
        let retirement = Append([log.retiring(log.eventKey.publicKey, .event)])
        let keyless = Append([log.certifying([(event.publicKey, .event)])])
        for append in [again, foreign, retirement] {
            let refusal = await #expect(throws: AppendError.self) { try await bench.sequencer.append(append) }
            guard case .invalid = refusal else {
                Issue.record("\(String(describing: refusal))")
                continue
            }
        }
        await #expect(throws: AppendError.readOnly) { try await bench.sequencer.append(keyless) }
        #expect(try await bench.audit().head.size == 1)
        _ = try await bench.sequencer.append(rotation(of: log))
        await #expect(throws: AppendError.conflict(stream: "keys")) {
            try await bench.sequencer.append(rotation(of: log))
        }
        #expect(try await bench.audit().head.size == 4)
    }

    @Test(arguments: Backend.allCases) func `is not forgotten by a database that was put back before it`(
        backend: Backend
    ) async throws {
        let bench = try await SequencerBench(backend)
        _ = try await bench.sequencer.append(bench.log.append(to: "a"))
        let old = try await bench.copy(on: backend)
        _ = try await bench.sequencer.append(rotation(of: bench.log))
        let restored = try bench.another(store: old)
        await #expect(throws: AppendError.behind(size: 2, locked: 5)) {
            try await restored.append(bench.log.append(to: "b"))
        }
        #expect(try await restored.standing() == .behind(size: 2, locked: 5))
        #expect(try await bench.audit().head.size == 5)
    }

    @Test(arguments: Backend.allCases) func `survives a signer that does not answer, with nothing half recorded`(
        backend: Backend
    ) async throws {
        let bench = try await SequencerBench(backend)
        let (token, spare) = (Pluggable(event), Pluggable(checkpoint))
        _ = try await bench.sequencer.append(
            Append(
                [bench.log.certifying([(token.publicKey, .event), (spare.publicKey, .checkpoint)])],
                signers: [token, spare]))
        token.plug(in: false)
        await #expect(throws: AppendError.signerUnavailable) {
            try await bench.sequencer.append(bench.log.append(to: "a", expecting: .absent))
        }
        #expect(try await bench.audit().head.size == 2)
        token.plug(in: true)
        spare.plug(in: false)
        await #expect(throws: AppendError.outcomeUnknown) {
            try await bench.sequencer.append(bench.log.append(to: "a", key: "k"))
        }
        spare.plug(in: true)
        #expect(try await bench.sequencer.append(bench.log.append(to: "a", key: "k")).isRepetition)
        #expect(try await bench.audit().head.size == 3)
    }

    @Test(arguments: Backend.allCases) func `must come before everything else in a log`(backend: Backend) async throws {
        let log = TestLog()
        let sequencer = Sequencer(
            store: try backend.makeSite().openLog(log.origin), lock: MemoryCheckpointLock(), identity: log.identity,
            now: TestClock().now)
        let refusal = await #expect(throws: AppendError.self) { try await sequencer.append(log.append(to: "a")) }
        #expect(refusal == .invalid("The first entry certifies no keys."))
        _ = try await sequencer.append(log.certification)
        _ = try await sequencer.append(log.append(to: "a"))
    }
}
