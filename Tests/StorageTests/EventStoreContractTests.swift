import Ledger
import Storage
import StorageTestSupport
import Testing

/// What every event store does, whatever it is made of.
@Suite struct `Every event store` {
    private let origin = "log.example/contract"

    @Test(arguments: Backend.allCases) func `is empty at first`(backend: Backend) async throws {
        let store = try backend.makeSite().openLog(origin)
        #expect(store.origin == origin)
        try await store.read { reader throws(StorageError) in
            #expect(try reader.head() == nil)
            #expect(try reader.entries(from: 0, limit: 10) == [])
            #expect(try reader.entry(eventID: "e0") == nil)
            #expect(try reader.stream("s", from: 0, limit: 10) == [])
            #expect(try reader.last(of: "s") == nil)
            #expect(try reader.controlEntries(from: 0) == [])
            #expect(try reader.idempotency(principal: "p", key: "k") == nil)
            #expect(try reader.idempotencyRecords(in: 0..<10) == [])
            #expect(try reader.storedTile(level: 0, index: 0) == nil)
            #expect(try reader.counts().tiles == 0)
        }
    }

    @Test(arguments: Backend.allCases) func `gives back what a batch wrote`(backend: Backend) async throws {
        let store = try backend.makeSite().openLog(origin)
        let batch = BatchWrite.sample(
            .sample(0, stream: "a", isControl: true), .sample(1, stream: "b", bytes: []), .sample(2, stream: "a", 1),
            keys: ["k": 1])
        #expect(try await store.commit(batch) == "done")
        try await store.read { reader throws(StorageError) in
            #expect(try reader.head() == batch.head)
            #expect(try reader.entries(from: 0, limit: 10) == batch.entries)
            #expect(try reader.storedTile(level: 0, index: 0) == batch.tiles[0].bytes)
            #expect(try reader.counts().tiles == 1)
            #expect(try reader.idempotency(principal: "p", key: "k") == batch.idempotency[0])
        }
    }

    @Test(arguments: Backend.allCases) func `takes a batch of thousands, as a restore writes it`(
        backend: Backend
    ) async throws {
        let store = try backend.makeSite().openLog(origin)
        let entries: [StoredEntry] = (0..<3_000 as Range<UInt64>).map { index in
            .sample(index, stream: "s\(index % 700)", index / 700, isControl: index % 1_000 == 0)
        }
        let first = BatchWrite.sample(Array(entries[..<2_500]), keys: ["k": 7, "l": 2_499])
        try await store.commit(first)
        try await store.commit(.sample(Array(entries[2_500...]), keys: [:]))
        try await store.read { reader throws(StorageError) in
            #expect(try reader.entries(from: 0, limit: 4_000) == entries)
            #expect(try reader.last(of: "s299") == entries[2_399])
            #expect(try reader.controlEntries(from: 1).map(\.index) == [1_000, 2_000])
            #expect(try reader.idempotencyRecords(in: 0..<3_000) == first.idempotency.sorted { $0.index < $1.index })
        }
        // Of one that does not fit nothing is there.
        await #expect(throws: StorageError(.corrupt)) { try await store.commit(.sample(entries, keys: [:])) }
        #expect(try await store.read { reader throws(StorageError) in try reader.head()?.size } == 3_000)
    }

    @Test(arguments: Backend.allCases) func `takes a batch that was made without asking upon the same head alone`(
        backend: Backend
    ) async throws {
        let store = try backend.makeSite().openLog(origin)
        let first = BatchWrite.sample(.sample(0, stream: "s"), keys: ["k": 0])
        #expect(try await store.commit(first, upon: .empty))
        #expect(try await !store.commit(first, upon: .empty))
        let next = BatchWrite.sample(.sample(1, stream: "s", 1), .sample(2, stream: "t"), keys: ["l": 2])
        var other = first.head
        other.root = Merkle.emptyRoot
        #expect(try await !store.commit(next, upon: other))
        other = first.head
        other.size = 2
        #expect(try await !store.commit(.sample(.sample(2, stream: "t"), keys: [:]), upon: other))
        #expect(try await store.read { reader throws(StorageError) in try reader.head() } == first.head)
        #expect(try await store.commit(next, upon: first.head))
        try await store.read { reader throws(StorageError) in
            #expect(try reader.head() == next.head)
            #expect(try reader.entries(from: 0, limit: 9) == first.entries + next.entries)
            #expect(try reader.last(of: "s") == next.entries[0])
            #expect(try reader.idempotency(principal: "p", key: "l") == next.idempotency[0])
        }
    }

    @Test(arguments: Backend.allCases, ImpossibleBatch.allCases)
    func `takes nothing of such a batch that does not follow`(backend: Backend, impossible: ImpossibleBatch)
        async throws
    {
        let store = try backend.makeSite().openLog(origin)
        let first = BatchWrite.sample(.sample(0, stream: "s"), keys: ["k": 0])
        try await store.commit(first)
        #expect((try? await store.commit(impossible.write, upon: first.head)) != true)
        try await store.read { reader throws(StorageError) in
            #expect(try reader.head() == first.head)
            #expect(try reader.entries(from: 0, limit: 9) == first.entries)
            #expect(try reader.last(of: "t") == nil)
            #expect(try reader.idempotencyRecords(in: 0..<9) == first.idempotency)
        }
        #expect(try await store.commit(.sample(.sample(1, stream: "s", 1), keys: [:]), upon: first.head))
    }

    @Test(arguments: Backend.allCases) func `finds entries by place, event, stream and kind`(backend: Backend)
        async throws
    {
        let store = try backend.makeSite().openLog(origin)
        let entries: [StoredEntry] = (0..<10 as Range<UInt64>).map { index in
            .sample(index, stream: "s\(index % 2)", index / 2, isControl: index % 5 == 0)
        }
        try await store.commit(.sample(Array(entries[..<4]), keys: [:]))
        try await store.commit(.sample(Array(entries[4...]), keys: [:]))
        try await store.read { reader throws(StorageError) in
            #expect(try reader.entries(from: 3, limit: 3) == Array(entries[3..<6]))
            #expect(try reader.entries(from: 8, limit: 9) == Array(entries[8...]))
            #expect(try reader.entries(from: 10, limit: 1) == [])
            #expect(try reader.entries(from: .max, limit: 1) == [])
            let scattered = try reader.entries(at: [9, 1, 10, 4, .max])
            #expect(scattered.sorted { $0.index < $1.index } == [entries[1], entries[4], entries[9]])
            #expect(try reader.entries(at: []) == [])
            #expect(try reader.bytes(from: 3, limit: 3) == entries[3..<6].map(\.bytes))
            #expect(try reader.bytes(from: 10, limit: 1) == [])
            #expect(try reader.bytes(from: .max, limit: 1) == [])
            #expect(try reader.entry(eventID: "e7") == entries[7])
            #expect(try reader.entry(eventID: "e") == nil)
            #expect(try reader.stream("s1", from: 0, limit: 9).map(\.index) == [1, 3, 5, 7, 9])
            #expect(try reader.stream("s1", from: 2, limit: 2).map(\.index) == [5, 7])
            #expect(try reader.stream("s1", from: 5, limit: 2) == [])
            #expect(try reader.stream("s1", from: .max, limit: 2) == [])
            #expect(try reader.last(of: "s0") == entries[8])
            #expect(try reader.last(of: "S0") == nil)
            let several = try reader.last(of: ["s1", "none", "s0"])
            #expect(several.sorted { $0.index < $1.index } == [entries[8], entries[9]])
            #expect(try reader.last(of: [] as [String]) == [])
            #expect(try reader.controlEntries(from: 0).map(\.index) == [0, 5])
            #expect(try reader.controlEntries(from: 1).map(\.index) == [5])
            #expect(try reader.controlEntries(from: .max) == [])
        }
    }

    @Test(arguments: Backend.allCases) func `tells names apart by their bytes`(backend: Backend) async throws {
        let store = try backend.makeSite().openLog(origin)
        // One letter for Swift, two spellings of it in Unicode.
        try await store.commit(.sample(.sample(0, stream: "\u{E9}"), .sample(1, stream: "e\u{301}"), keys: [:]))
        let found = try await store.read { reader throws(StorageError) in try reader.last(of: "\u{E9}") }
        #expect(found?.index == 0)
    }

    @Test(arguments: Backend.allCases) func `finds idempotency keys by principal and index`(backend: Backend)
        async throws
    {
        let store = try backend.makeSite().openLog(origin)
        var batch = BatchWrite.sample(
            (0..<4 as Range<UInt64>).map { StoredEntry.sample($0, stream: "s", $0) }, keys: ["a": 0, "b": 1, "c": 3])
        batch.idempotency.append(.init(principal: "q", key: "a", request: "other", index: 3))
        try await store.commit(batch)
        try await store.read { reader throws(StorageError) in
            #expect(try reader.idempotency(principal: "p", key: "a")?.index == 0)
            #expect(try reader.idempotency(principal: "q", key: "a")?.request == "other")
            #expect(try reader.idempotency(principal: "q", key: "b") == nil)
            let several = try reader.idempotency([("p", "c"), ("q", "a"), ("q", "b"), ("p", "q")])
            #expect(Set(several.map { $0.principal + $0.key }) == ["pc", "qa"])
            #expect(try reader.idempotency([]) == [])
            #expect(try reader.idempotencyRecords(in: 0..<2).map(\.index) == [0, 1])
            #expect(try reader.idempotencyRecords(in: 2..<9).map(\.index) == [3, 3])
        }
    }

    @Test(arguments: Backend.allCases) func `replaces a tile as it grows`(backend: Backend) async throws {
        let store = try backend.makeSite().openLog(origin)
        try await store.commit(.sample(.sample(0, stream: "s"), keys: [:]))
        let next = BatchWrite.sample(.sample(1, stream: "s", 1), keys: [:])
        try await store.commit(next)
        try await store.read { reader throws(StorageError) in
            #expect(try reader.counts().tiles == 1)
            #expect(try reader.storedTile(level: 0, index: 0) == next.tiles[0].bytes)
            #expect(try reader.storedTile(level: 1, index: 0) == nil)
            #expect(try reader.storedTile(level: 0, index: .max) == nil)
        }
    }

    @Test(arguments: Backend.allCases) func `writes nothing when the body throws`(backend: Backend) async throws {
        let store = try backend.makeSite().openLog(origin)
        await #expect(throws: StorageError(.missing)) {
            try await store.commit { _ throws(StorageError) -> (write: BatchWrite?, result: Int) in
                throw StorageError(.missing)
            }
        }
        #expect(try await store.commit { _ throws(StorageError) in (nil, 7) } == 7)
        try await store.expectEmpty()
    }

    @Test(arguments: Backend.allCases, ImpossibleBatch.allCases)
    func `writes nothing of an impossible batch, and goes on`(backend: Backend, batch: ImpossibleBatch) async throws {
        let store = try backend.makeSite().openLog(origin)
        let first = BatchWrite.sample(.sample(0, stream: "s"), keys: ["k": 0])
        try await store.commit(first)
        await #expect(throws: StorageError(.corrupt)) { try await store.commit(batch.write) }
        try await store.read { reader throws(StorageError) in
            #expect(try reader.head() == first.head)
            #expect(try reader.entries(from: 0, limit: 10) == first.entries)
            #expect(try reader.entry(eventID: "e1") == nil)
            #expect(try reader.storedTile(level: 0, index: 0) == first.tiles[0].bytes)
            #expect(try reader.idempotencyRecords(in: 0..<10) == first.idempotency)
        }
        try await store.commit(.sample(.sample(1, stream: "s", 1), keys: [:]))
    }

    @Test(arguments: Backend.allCases) func `shows a reader one moment`(backend: Backend) async throws {
        let site = try backend.makeSite()
        let (reading, writing) = (try site.openLog(origin), try site.openLog(origin))
        try await writing.commit(.sample(.sample(0, stream: "s"), keys: [:]))
        let (began, committed) = (Signal(), Signal())
        async let seen = reading.read { reader throws(StorageError) in
            let before = try reader.entries(from: 0, limit: 9).count
            began.send()
            committed.wait()
            return (before, try reader.entries(from: 0, limit: 9).count, try reader.head()?.size)
        }
        await began.received()
        try await writing.commit(.sample(.sample(1, stream: "s", 1), keys: [:]))
        committed.send()
        #expect(try await seen == (1, 1, 1))
        #expect(try await reading.read { reader throws(StorageError) in try reader.head()?.size } == 2)
    }

    @Test(arguments: Backend.allCases) func `keeps logs of one database apart`(backend: Backend) async throws {
        let site = try backend.makeSite()
        let (one, two) = (try site.openLog("log.example/one"), try site.openLog("log.example/two"))
        let batch = BatchWrite.sample(.sample(0, stream: "s", isControl: true), keys: ["k": 0])
        try await one.commit(batch)
        try await two.expectEmpty()
        try await two.read { reader throws(StorageError) in
            #expect(try reader.entry(eventID: "e0") == nil)
            #expect(try reader.last(of: "s") == nil)
            #expect(try reader.stream("s", from: 0, limit: 9) == [])
            #expect(try reader.controlEntries(from: 0) == [])
            #expect(try reader.idempotency(principal: "p", key: "k") == nil)
        }
        // The same names and numbers again are another log's own.
        try await two.commit(batch)
        try await two.commit(.sample(.sample(1, stream: "s", 1), keys: [:]))
        #expect(try await one.read { reader throws(StorageError) in try reader.head() } == batch.head)
    }

    @Test(arguments: Backend.allCases) func `is fenced against other instances`(backend: Backend) async throws {
        let site = try backend.makeSite()
        let stores = [try site.openLog(origin), try site.openLog(origin), try site.openLog(origin)]
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<12 {
                group.addTask {
                    for round in 0..<10 { try await stores[writer % 3].appendOne(named: "w\(writer)-\(round)") }
                }
            }
            try await group.waitForAll()
        }
        for store in stores {
            let (head, entries) = try await store.read { reader throws(StorageError) in
                (try reader.head(), try reader.entries(from: 0, limit: 1_000))
            }
            #expect(head?.size == 120)
            #expect(entries.map(\.index) == Array(0..<120))
            #expect(Set(entries.map(\.eventID)).count == 120)
        }
    }

    @Test(arguments: Backend.allCases) func `wakes who waits for it to grow, whoever commits`(backend: Backend)
        async throws
    {
        let site = try backend.makeSite()
        let (store, other) = (try site.openLog(origin), try site.openLog(origin))
        #expect(await store.hasGrown(beyond: 0, within: .milliseconds(50)) == false)
        for (size, writer) in [store, other, store, other].enumerated() {
            async let hasGrown = store.hasGrown(beyond: UInt64(size), within: .seconds(20))
            try await Task.sleep(for: .milliseconds(100))
            let begun = ContinuousClock.now
            try await writer.appendOne(named: "e\(size)")
            #expect(await hasGrown)
            #expect(ContinuousClock.now - begun < .seconds(15))  // not at the end of the wait
            #expect(await other.hasGrown(beyond: UInt64(size), within: .seconds(20)))
            #expect(await store.hasGrown(beyond: UInt64(size + 1), within: .zero) == false)
        }
    }
}
