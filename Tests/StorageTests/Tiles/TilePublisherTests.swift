import Crypto
import Ledger
import Storage
import StorageTestSupport
import Testing

@Suite struct `A publication` {
    /// Sizes around the ends of tiles and of what is read at once.
    private static let sizes = [1, 2, 255, 256, 257, 600, 2_047, 2_048, 2_049, 4_200]

    @Test(arguments: Backend.allCases) func `holds everything that was released, at every size`(
        backend: Backend
    ) async throws {
        let bench = try await PublicationBench(backend)
        for size in Self.sizes {
            try await bench.grow(to: size)
            let released = try bench.released()
            #expect(try await bench.publisher.publish(released) == released)
            #expect(try await bench.audit()?.checkpoint.size == UInt64(size))
            #expect(bench.publisher.state.published == released)
        }
    }

    @Test(arguments: Backend.allCases) func `goes on where another process ended`(backend: Backend) async throws {
        let bench = try await PublicationBench(backend)
        for size in Self.sizes {
            try await bench.grow(to: size)
            try await bench.another().publish(try bench.released())
            #expect(try await bench.audit()?.checkpoint.size == UInt64(size))
        }
    }

    @Test(arguments: Backend.allCases) func `leaves exactly the files of its tree`(backend: Backend) async throws {
        let target = MemoryTileTarget()
        let bench = try await PublicationBench(backend, target: target)
        for size in Self.sizes {
            try await bench.grow(to: size)
            try await bench.publisher.publish(try bench.released())
        }
        let tiles = Array(TileCoordinate.all(size: 4_200))
        let due = Set(tiles.map(\.path) + tiles.filter { $0.level == 0 }.map(\.entriesPath) + ["checkpoint"])
        // Of unfinished tiles those of earlier sizes stay, until the tile is full.
        let kept = due.union(["tile/1/000.p/8"])
        #expect(due.isSubset(of: target.paths) && kept.isSuperset(of: target.paths.filter { !$0.hasPrefix("tile/1") }))
        #expect(!target.paths.contains { $0.hasPrefix("tile/0/000.p") || $0.hasPrefix("tile/entries/001.p") })
    }

    @Test(arguments: Backend.allCases) func `of a size that is published changes nothing`(
        backend: Backend
    ) async throws {
        let bench = try await PublicationBench(backend)
        try await bench.grow(to: 300)
        let released = try bench.released()
        try await bench.publisher.publish(released)
        let plan = FaultPlan(failing: 1)
        let idle = bench.another(to: FaultyTarget(target: bench.target, plan: plan))
        #expect(try await idle.publish(released) == released)
        #expect(plan.failed == nil)
    }

    @Test(arguments: Backend.allCases) func `whose every step fails once is whole before and after`(
        backend: Backend
    ) async throws {
        var failed: Set<String> = []
        for step in 0... {
            let bench = try await PublicationBench(backend)
            try await bench.grow(to: 200)
            try await bench.publisher.publish(try bench.released())
            try await bench.grow(to: 600)
            let plan = FaultPlan(failing: step)
            let faulty = bench.another(to: FaultyTarget(target: bench.target, plan: plan))
            let released = try bench.released()
            do throws(PublicationError) { try await faulty.publish(released) } catch {
                #expect(error == .target(StorageError(.unavailable)))
                #expect(faulty.state.failure == error)
            }
            let size = try await bench.audit()?.checkpoint.size
            #expect(size == 200 || size == 600)
            // The same process goes on, or another one does.
            try await (step.isMultiple(of: 2) ? faulty : bench.another()).publish(released)
            #expect(try await bench.audit()?.checkpoint.size == 600)
            guard let name = plan.failed else { break }
            failed.insert(name)
        }
        #expect(failed.isSuperset(of: ["get", "put", "answer of put", "replace", "answer of replace", "remove"]))
    }

    @Test(arguments: Backend.allCases) func `of many processes at once is one`(backend: Backend) async throws {
        let folder = try TestFolder()
        let bench = try await PublicationBench(backend, target: try TileFolder(folder.path + "/tlog"))
        for size in stride(from: 50, through: 1_000, by: 95) {
            try await bench.grow(to: size)
            let released = try bench.released()
            let publishers = try (0..<4).map { _ in bench.another(to: try TileFolder(folder.path + "/tlog")) }
            await withTaskGroup(of: Void.self) { group in
                for publisher in publishers {
                    group.addTask { await #expect(throws: Never.self) { try await publisher.publish(released) } }
                }
            }
            #expect(try await bench.audit()?.checkpoint.size == UInt64(size))
        }
    }

    @Test(arguments: Backend.allCases) func `is not made smaller by a process that is late`(
        backend: Backend
    ) async throws {
        let bench = try await PublicationBench(backend)
        try await bench.grow(to: 300)
        let early = try bench.released()
        try await bench.grow(to: 400)
        try await bench.publisher.publish(try bench.released())
        await #expect(throws: PublicationError.ahead(published: 400, released: 300)) {
            try await bench.another().publish(early)
        }
        #expect(try await bench.audit()?.checkpoint.size == 400)
    }

    @Test(
        arguments: Backend.allCases,
        [
            (AlteredStore.Alteration.entry(517), ChainDamage(.entry, at: 517)),
            (.entry(250), ChainDamage(.entry, at: 250)),
            (.missing(517), ChainDamage(.missing, at: 517)), (.missing(599), ChainDamage(.missing, at: 599)),
            (.unreadable(300), ChainDamage(.missing, at: 300)),
            (.tile(level: 0, index: 1, byte: 33), ChainDamage(.tiles, at: 257)),
            (.tile(level: 0, index: 2, byte: 33), ChainDamage(.tiles, at: 513)),
        ])
    func `stops at stored bytes that are not what was promised`(
        backend: Backend, case: (alteration: AlteredStore.Alteration, damage: ChainDamage)
    ) async throws {
        let bench = try await PublicationBench(backend)
        try await bench.grow(to: 200)
        try await bench.publisher.publish(try bench.released())
        try await bench.grow(to: 600)
        let altered = AlteredStore(bench.bench.store, `case`.alteration)
        let publisher = bench.another(from: altered)
        let released = try bench.released()
        await #expect(throws: PublicationError.damage(`case`.damage)) { try await publisher.publish(released) }
        #expect(try await bench.audit()?.checkpoint.size == 200)
        altered.putRight()
        #expect(try await publisher.publish(released) == released)
        #expect(try await bench.audit()?.checkpoint.size == 600)
    }

    @Test(arguments: Backend.allCases) func `does not go on from another tree`(backend: Backend) async throws {
        let bench = try await PublicationBench(backend)
        try await bench.grow(to: 300)
        let forged = Checkpoint(origin: bench.bench.log.origin, size: 280, root: SHA256.hash([1]))
        let note = forged.sign(with: bench.bench.log.checkpointSigner)
        _ = try await bench.target.replaceCheckpoint(nil, with: note)
        await #expect(throws: PublicationError.damage(ChainDamage(.published, at: 279))) {
            try await bench.publisher.publish(try bench.released())
        }
        #expect(try await bench.target.checkpoint() == note)
    }

    @Test(arguments: Backend.allCases) func `never covers what another log published`(backend: Backend) async throws {
        let (bench, other) = (try await PublicationBench(backend), try await PublicationBench(backend))
        for note in [try other.released().note, "no note"] {
            let target = MemoryTileTarget()
            _ = try target.replaceCheckpoint(nil, with: note)
            await #expect(throws: PublicationError.foreign) {
                try await bench.another(to: target).publish(try bench.released())
            }
            #expect(try await target.checkpoint() == note)
            #expect(target.paths == ["checkpoint"])
        }
    }

    @Test(arguments: Backend.allCases) func `takes signatures of witnesses until a later one is there`(
        backend: Backend
    ) async throws {
        let bench = try await PublicationBench(backend)
        try await bench.grow(to: 10)
        let released = try bench.released()
        try await bench.publisher.publish(released)
        let witness = NoteSigner(name: "witness", key: .generate())
        let line = witness.sign(released.checkpoint.text)
        let longer = try await bench.publisher.add([line], to: released.checkpoint)
        #expect(longer?.checkpoint == released.checkpoint)
        #expect(try await bench.audit()?.note == longer?.note)
        #expect(try SignedNote(parsing: longer?.note ?? "").signatures.map(\.name).contains("witness"))
        // The same line again changes nothing, and neither does publishing the size again.
        #expect(try await bench.publisher.add([line], to: released.checkpoint) == longer)
        #expect(try await bench.publisher.publish(released) == longer)
        try await bench.grow(to: 20)
        try await bench.publisher.publish(try bench.released())
        #expect(try await bench.publisher.add([line], to: released.checkpoint) == nil)
        #expect(try await bench.audit()?.checkpoint.size == 20)
    }
}
