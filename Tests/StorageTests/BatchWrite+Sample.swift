import Crypto
import Ledger
import Storage
import Testing

extension StoredEntry {
    /// An entry whose bytes mean nothing; its event id follows from its index.
    static func sample(
        _ index: UInt64, stream: String, _ version: UInt64 = 0, isControl: Bool = false, bytes: [UInt8]? = nil,
        id: String? = nil
    ) -> StoredEntry {
        StoredEntry(
            index: index, eventID: id ?? "e\(index)", stream: stream, version: version, type: "Tested",
            isControl: isControl, bytes: bytes ?? Array("entry \(index)".utf8))
    }
}

extension BatchWrite {
    /// A batch with one tile and a head that follow from the last entry.
    static func sample(_ entries: [StoredEntry], keys: [String: UInt64]) -> BatchWrite {
        let size = (entries.last?.index ?? 0) + 1
        let root = SHA256.hash(entries.last?.bytes ?? [])
        let tile = HashTile(level: 0, index: 0, hashes: (0..<min(size, 256)).map { SHA256.hash([UInt8($0)]) })
        return BatchWrite(
            entries: entries, tiles: [tile],
            idempotency: keys.sorted { $0.value < $1.value }.map {
                IdempotencyRecord(principal: "p", key: $0.key, request: "r", index: $0.value)
            },
            head: Head(size: size, root: root, epoch: 1, recordedAt: Int64(size)))
    }

    static func sample(_ entries: StoredEntry..., keys: [String: UInt64]) -> BatchWrite {
        sample(entries, keys: keys)
    }
}

/// A batch that cannot follow entry 0, version 0 of stream `s`, under the key `k`.
enum ImpossibleBatch: String, CaseIterable, Sendable {
    case knownIndex, hole, knownEvent, eventTwice, knownVersion, knownKey, tooLarge

    /// Each has something possible in it as well, which must not stay.
    var write: BatchWrite {
        let next = StoredEntry.sample(1, stream: "t")
        return switch self {
        case .knownIndex: .sample(.sample(0, stream: "t", id: "e9"), next, keys: [:])
        case .hole: .sample(next, .sample(3, stream: "t", 1), keys: [:])
        case .knownEvent: .sample(next, .sample(2, stream: "t", 1, id: "e0"), keys: [:])
        case .eventTwice: .sample(next, .sample(2, stream: "t", 1, id: "e1"), keys: [:])
        case .knownVersion: .sample(next, .sample(2, stream: "s"), keys: [:])
        case .knownKey: .sample(next, keys: ["a": 1, "k": 1])
        case .tooLarge:
            .sample(next, .sample(2, stream: "t", 1, bytes: [UInt8](repeating: 0, count: 32_769)), keys: [:])
        }
    }
}

extension EventStore {
    @discardableResult
    func commit(_ write: BatchWrite) async throws(StorageError) -> String {
        try await commit { _ throws(StorageError) in (write, "done") }
    }

    /// Appends an entry after whatever is there, in a stream that all use.
    func appendOne(named name: String) async throws(StorageError) {
        try await commit { reader throws(StorageError) in
            let size = try reader.head()?.size ?? 0
            let version = try reader.last(of: "shared").map { $0.version + 1 } ?? 0
            return (.sample(.sample(size, stream: "shared", version, id: name), keys: [name: size]), ())
        }
    }

    func expectEmpty() async throws(StorageError) {
        try await read { reader throws(StorageError) in
            #expect(try reader.head() == nil)
            #expect(try reader.entries(from: 0, limit: 1) == [])
            #expect(try reader.idempotencyRecords(in: 0..<UInt64(Int64.max)) == [])
            #expect(try reader.counts().tiles == 0)
        }
    }
}
