import Crypto
import Foundation
import Ledger
import Records
import Storage
import Testing

@testable import Service

@Suite struct `Proofs of the log` {
    private func bench() async throws -> Workbench {
        let bench = try await Workbench()
        try await bench.application.start()
        for number in 0..<5 {
            _ = try await bench.application.issue(role: .auditor, name: "A\(number)", bench.administrator)
        }
        return bench
    }

    private func digests(_ hashes: [String]) -> [Digest] {
        hashes.compactMap { Base64.decode($0).flatMap { Digest(bytes: $0) } }
    }

    @Test func `lead from every entry to the root of every tree that holds it`() async throws {
        let bench = try await bench()
        defer { bench.remove() }
        let application = bench.application
        let key = try VerifierKey(try await application.verifierKey(bench.administrator))
        let note = try await application.checkpoint(bench.administrator)
        let checkpoint = try Checkpoint(note: note, signedBy: [key])
        #expect(checkpoint.size > 8)
        for size in 1...checkpoint.size {
            let consistency = try await application.consistency(from: size, to: nil, bench.administrator)
            let old = try #require(Digest(hex: consistency.fromRoot))
            #expect(
                ConsistencyProof(old: size, new: checkpoint.size, hashes: digests(consistency.hashes))
                    .verify(oldRoot: old, newRoot: checkpoint.root))
            for index in 0..<size {
                let view = try await application.inclusion(of: "\(index)", size: size, bench.administrator)
                let leaf = try #require(Digest(hex: view.leafHash))
                #expect(view.root == consistency.fromRoot)
                #expect(
                    InclusionProof(index: index, size: size, hashes: digests(view.hashes)).verify(leaf: leaf, root: old)
                )
                #expect((view.proof != nil) == (size == checkpoint.size))
            }
        }
    }

    @Test func `find an entry by its index, event id or hash`() async throws {
        let bench = try await bench()
        defer { bench.remove() }
        let event = try await bench.application.events(since: 3, limit: 1, bench.administrator).events[0]
        for key in ["3", event.envelope.id, event.entryHash.hex] {
            let view = try await bench.application.inclusion(of: key, size: nil, bench.administrator)
            #expect(view.index == 3 && view.leafHash == event.entryHash.hex)
        }
    }

    @Test(arguments: [("999", nil), ("8", 8), ("0", 0), ("0", 999)] as [(String, UInt64?)])
    func `of what is not in the tree are refused`(key: String, size: UInt64?) async throws {
        let bench = try await bench()
        defer { bench.remove() }
        let error = await #expect(throws: ServiceError.self) {
            try await bench.application.inclusion(of: key, size: size, bench.administrator)
        }
        #expect(error?.code == "proof-range")
        let unknown = await #expect(throws: ServiceError.self) {
            try await bench.application.inclusion(of: String(repeating: "0", count: 64), size: nil, bench.administrator)
        }
        #expect(unknown?.code == "store-missing")
        for (from, to) in [(9, 8), (1, 999)] as [(UInt64, UInt64)] {
            let error = await #expect(throws: ServiceError.self) {
                try await bench.application.consistency(from: from, to: to, bench.administrator)
            }
            #expect(error?.code == "proof-range")
        }
    }

    @Test func `are not made of tiles that were changed`() async throws {
        let bench = try await bench()
        defer { bench.remove() }
        try bench.tamper(
            "UPDATE tiles SET hashes = zeroblob(length(hashes)) WHERE level = 0")
        let error = await #expect(throws: ServiceError.self) {
            try await bench.application.inclusion(of: "5", size: nil, bench.administrator)
        }
        #expect(error?.code == "store-corrupt")
    }
}
