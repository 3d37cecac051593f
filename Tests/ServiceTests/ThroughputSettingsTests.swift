import Foundation
import Testing

@testable import Service

@Suite struct `Workers and batches` {
    @Test(arguments: [1, 3]) func `bound how many predictions are worked on at once`(workers: Int) async throws {
        let bench = try await Workbench { $0.workers = workers }
        defer { bench.remove() }
        try await bench.application.start()
        try await predict(12, on: bench)
        #expect(bench.application.workers.peak <= workers)
        if workers == 3 { #expect(bench.application.workers.peak > 1) }
    }

    @Test(arguments: [1, 4]) func `bound how many pictures go through the model together`(size: Int) async throws {
        let bench = try await Workbench {
            $0.batchSize = size
            $0.workers = 8
        }
        defer { bench.remove() }
        try await bench.application.start()
        // Who meets in a batch is chance; that as many as allowed meet within some rounds is not.
        for _ in 0..<20 where bench.application.inference.statistics.largest < size {
            try await predict(16, on: bench)
        }
        #expect(bench.application.inference.statistics.largest == size)
    }

    @Test func `never change a score`() async throws {
        var scores: Set<[Double]> = []
        for (workers, size) in [(1, 1), (2, 3), (8, 8)] {
            let bench = try await Workbench {
                $0.workers = workers
                $0.batchSize = size
            }
            defer { bench.remove() }
            try await bench.application.start()
            scores.formUnion(try await predict(8, on: bench))
        }
        #expect(scores.count == 1)
    }

    @discardableResult
    private func predict(_ count: Int, on bench: Workbench) async throws -> [[Double]] {
        let (image, context) = (try Workbench.xray(), bench.administrator)
        return try await withThrowingTaskGroup(of: [Double].self) { group in
            for _ in 0..<count {
                group.addTask { try await bench.application.predict(.init(image: image), context).view.scores }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
    }
}
