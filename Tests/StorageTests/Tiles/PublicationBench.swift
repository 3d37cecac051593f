import Ledger
import Storage
import StorageTestSupport

/// A log that is appended to and published.
struct PublicationBench: Sendable {
    let bench: SequencerBench
    let target: any TileTarget
    let publisher: TilePublisher

    init(_ backend: Backend, target: any TileTarget = MemoryTileTarget()) async throws {
        bench = try await SequencerBench(backend)
        self.target = target
        publisher = Self.publisher(of: bench, to: target)
    }

    static func publisher(
        of bench: SequencerBench, to target: any TileTarget, from log: (any EventStore)? = nil
    ) -> TilePublisher {
        let key = bench.log.checkpointSigner.verifierKey
        return TilePublisher(target: target, log: log ?? bench.store) { note throws(StorageError) in
            try? Checkpoint(note: note, signedBy: [key])
        }
    }

    /// What another process would have.
    func another(from log: (any EventStore)? = nil, to target: (any TileTarget)? = nil) -> TilePublisher {
        Self.publisher(of: bench, to: target ?? self.target, from: log)
    }

    /// Appends events until the log has a size.
    func grow(to size: Int) async throws {
        var count = try await bench.store.read { reader throws(StorageError) in Int(try reader.head()?.size ?? 0) }
        while count < size {
            let batch = min(500, size - count)
            _ = try await bench.sequencer.append(
                Append((0..<batch).map { bench.log.proposal(stream: "s\(($0 + count) % 7)") }))
            count += batch
        }
    }

    /// The checkpoint in the lock.
    func released() throws -> SignedCheckpoint {
        let note = try bench.lock.current() ?? ""
        return SignedCheckpoint(note: note, checkpoint: try Checkpoint(note: note))
    }

    func audit() async throws -> PublishedAudit? { try await PublishedAudit.run(target, of: bench.log) }
}
