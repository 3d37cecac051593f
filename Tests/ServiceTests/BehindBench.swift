import Foundation
import Storage
import Testing

@testable import Service

/// Yesterday's database over today's lock, lists, pictures and secrets.
struct BehindBench {
    let today: Workbench
    let behind: Workbench
    /// The predictions that yesterday's database holds, and those that it lacks.
    let kept: [String]
    let lost: [String]
    /// How many entries there were yesterday, and are.
    let sizes: (yesterday: UInt64, today: UInt64)

    init(kept keptCount: Int = 2, lost lostCount: Int = 2, change: (inout Settings) -> Void = { _ in }) async throws {
        let today = try await Workbench()
        try await today.application.start()
        self.today = today
        kept = try await Self.predict(keptCount, today)
        let yesterday = today.folder.appending(path: "yesterday")
        try FileManager.default.createDirectory(at: yesterday, withIntermediateDirectories: true)
        let before = try await today.application.head().size
        for suffix in ["", "-wal"] {
            try FileManager.default.copyItem(
                atPath: today.settings.home + "/cxrledger.db" + suffix,
                toPath: yesterday.path() + "/cxrledger.db" + suffix)
        }
        lost = try await Self.predict(lostCount, today)
        _ = try await today.application.predictions(.init(), today.administrator)
        sizes = (before, try await today.application.head().size)
        await today.application.stop(reason: "test")
        let folder = FileManager.default.temporaryDirectory.appending(path: "cxr-\(UUID().uuidString)")
        try FileManager.default.copyItem(at: today.folder, to: folder)
        for suffix in ["", "-wal", "-shm"] {
            let path = folder.path() + "/home/cxrledger.db" + suffix
            try? FileManager.default.removeItem(atPath: path)
            if suffix != "-shm" {
                try FileManager.default.copyItem(atPath: yesterday.path() + "/cxrledger.db" + suffix, toPath: path)
            }
        }
        behind = try await Workbench(folder: folder, change: change)
    }

    private static func predict(_ count: Int, _ bench: Workbench) async throws -> [String] {
        var ids: [String] = []
        for number in 0..<count {
            let request = PredictionRequest(image: try Workbench.xray(number), patient: "P-\(number)")
            ids.append(try await bench.application.predict(request, bench.administrator).view.id)
        }
        return ids
    }

    func remove() {
        today.remove()
        behind.remove()
    }
}

/// The code of the error that an operation ends with.
func code(_ body: () async throws -> Void) async -> String? {
    do {
        try await body()
        return nil
    } catch { return (error as? ServiceError)?.code ?? String(describing: error) }
}
