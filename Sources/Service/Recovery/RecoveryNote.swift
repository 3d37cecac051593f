import CanonicalJSON
import Glibc
import Records
import Storage

/// There while a recovery is not finished: what its event will say.
struct RecoveryNote: Equatable {
    /// How many entries there were before the first try.
    let from: UInt64
    let to: UInt64
    /// Hex.
    let root: String
    /// `tiles` or `backup`.
    let source: String

    static func path(_ home: Home) -> String { home.path + "/recovering" }

    /// Nil when no recovery is under way, or what is there cannot be read: it only says what to tell.
    static func read(_ home: Home) throws(ServiceError) -> RecoveryNote? {
        guard let bytes = try SmallFile.read(path(home), limit: 4_096), let value = try? JSONValue.parse(bytes),
            let from = value["from"]?.integerValue.flatMap(UInt64.init(exactly:)),
            let to = value["to"]?.integerValue.flatMap(UInt64.init(exactly:)), let root = value["root"]?.stringValue,
            let source = value["source"]?.stringValue
        else { return nil }
        return RecoveryNote(from: from, to: to, root: root, source: source)
    }

    /// Whether all entries are there that it tells of.
    func isDone(in log: any EventStore) async throws(StorageError) -> Bool {
        try await log.read { reader throws(StorageError) in try reader.head()?.size ?? 0 } >= to
    }

    func write(_ home: Home) throws(ServiceError) {
        let value: JSONValue = [
            "from": .integer(Int64(clamping: from)), "root": .string(root), "source": .string(source),
            "to": .integer(Int64(clamping: to)),
        ]
        try SmallFile.write(value.canonicalBytes(), to: Self.path(home))
    }
}

extension Application {
    /// Records a recovery that brought everything back, once: by the command itself, or at the next start.
    func noteRecovery(_ context: RequestContext) async throws(ServiceError) {
        guard let sequencer, readOnly == nil, let recovery = try RecoveryNote.read(home) else { return }
        do {
            if let refusal = try await sequencer.standing() { throw ServiceError(refusal) }
            guard try await recovery.isDone(in: log) else { return }
        } catch { throw ServiceError(wrapping: error) }
        let event = LogRecovered(from: recovery.from, to: recovery.to, root: recovery.root, source: recovery.source)
        try await note(.logRecovered(event), in: "service", context)
        guard unsafe unlink(RecoveryNote.path(home)) == 0 else {
            throw Home.failure("remove", RecoveryNote.path(home))
        }
    }
}
