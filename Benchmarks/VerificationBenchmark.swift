import Concurrency
import Crypto
import Ledger
import Service
import SQLiteStorage
import Storage

/// How fast a long log is verified, next to what its hashes and signatures alone take, how fast proofs are made and how
/// fast all of it is exported; for each the most memory that was used.
struct VerificationBenchmark {
    /// What is measured by itself, since the memory that one part leaves behind would count for the next.
    enum Part: String, CaseIterable { case tree, signatures, proofs, export }

    private let home: FilledHome
    private let options: Options

    init(_ options: Options) { (home, self.options) = (FilledHome(options), options) }

    func run() async throws {
        if options.part == nil { try await home.fill(reporting: true) }
        for part in options.part.map({ [$0] }) ?? Part.allCases {
            try PeakMemory.reset()
            try await run(part)
            report(part.rawValue, "peak memory \(try PeakMemory.read() >> 20) MiB")
        }
    }

    private func run(_ part: Part) async throws {
        let ring = try KeyRing.load(Home(home.settings.home))
        let log = try home.readOnly.openLog(origin: ring.origin)
        let size = try await log.read { reader throws(StorageError) in try reader.head()?.size ?? 0 }
        switch part {
        case .tree: try await tree(log, size: size)
        case .signatures: try await signatures(log, ring: ring, size: size)
        case .proofs: try await proofs(try await home.open(), log, size: size)
        case .export: try await export(try await home.open(), size: size)
        }
    }

    private func export(_ application: Application, size: UInt64) async throws {
        let context = RequestContext(
            .operatingSystem(user: "benchmark"), from: RequestSource(correlation: "benchmark"))
        var times: [Double] = []
        for _ in 0..<options.rounds {
            let scratch = try ScratchFolder(in: options.folder, "export")
            times.append(try await seconds { keep(try await application.export(.init(), into: scratch.path, context)) })
        }
        report("export", "\(decimal(Double(size) / median(times), 0)) entries/s")
    }

    private func tree(_ log: any EventStore, size: UInt64) async throws {
        var (hashing, verifying): ([Double], [Double]) = ([], [])
        for _ in 0..<options.rounds {
            hashing.append(try await hashingAlone(log, size: size))
            verifying.append(try await self.verifying(.tree))
        }
        let (bare, ours) = (median(hashing), median(verifying))
        report(
            "verify --tree", "\(decimal(Double(size) / ours, 0)) entries/s",
            "\(decimal(bare / ours, 2)) x SHA-256 alone on one core (\(decimal(Double(size) / bare, 0)) entries/s)")
    }

    /// The seconds that SHA-256 takes for the stored bytes when they are in memory, on one core.
    private func hashingAlone(_ log: any EventStore, size: UInt64) async throws -> Double {
        var total = 0.0
        for first in stride(from: UInt64(0), to: size, by: 4_096) {
            let entries = try await log.read { reader throws(StorageError) in
                try reader.bytes(from: first, limit: 4_096)
            }
            total += seconds { for entry in entries { keep(SHA256.hash(entry)) } }
        }
        return total
    }

    /// Each round next to the bare loop on all cores at once, before and after: a minute later the machine may be another.
    private func signatures(_ log: any EventStore, ring: KeyRing, size: UInt64) async throws {
        guard let key = ring.identity?.signers.first?.publicKey else { throw BenchmarkError("no keys") }
        let sample = try await log.read { reader throws(StorageError) in try reader.bytes(from: 0, limit: 4_000) }
            .map { try Entry(decoding: $0) }
            .map { ($0.signature, DSSE.preAuthenticationEncoding(type: DSSE.eventType, body: $0.envelope)) }
        func loop() -> Double {
            let copies = repeatElement(sample, count: 10).flatMap(\.self)
            return Double(copies.count) / seconds { keep(concurrentMap(copies) { key.verify($0.0, $0.1) }) }
        }
        var (rates, ratios): ([Double], [Double]) = ([], [])
        for _ in 0..<options.rounds {
            let before = loop()
            rates.append(Double(size) / (try await verifying(.signatures)))
            ratios.append(2 * rates[rates.count - 1] / (before + loop()))
        }
        report(
            "verify --signatures", "\(decimal(median(rates), 0)) entries/s",
            "\(decimal(median(ratios), 2)) x Ed25519 alone on all cores")
    }

    private func verifying(_ mode: VerificationMode) async throws -> Double {
        let (settings, backend) = (home.settings, home.readOnly)
        return try await seconds {
            let report = try await StoreVerification.run(mode, settings: settings, backend: backend) { _, _ in }
            guard report.ok else { throw BenchmarkError("the log does not verify: \(report.findings)") }
        }
    }

    /// Proofs of entries at random, each next to a question to the store that takes the same way and needs no work: what
    /// the machine itself makes people wait.
    private func proofs(_ application: Application, _ log: any EventStore, size: UInt64) async throws {
        let context = RequestContext(
            .operatingSystem(user: "benchmark"), from: RequestSource(correlation: "benchmark"))
        var (proofs, questions): ([Double], [Double]) = ([], [])
        for number in 0..<6_000 {
            let index = UInt64.random(in: 0..<size)
            let proof = try await seconds {
                keep(try await application.inclusion(of: String(index), size: nil, context))
            }
            let question = try await seconds {
                keep(try await log.read { reader throws(StorageError) in try reader.head() })
            }
            guard number >= 1_000 else { continue }  // the first ones warm the caches
            proofs.append(proof * 1_000)
            questions.append(question * 1_000)
        }
        for (name, times) in [("inclusion proof", proofs), ("bare question", questions)] {
            let sorted = times.sorted()
            report(
                name, "median \(decimal(median(times), 3)) ms",
                "p99 \(decimal(sorted[sorted.count * 99 / 100], 3)) ms")
        }
    }
}
