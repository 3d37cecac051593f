import CanonicalJSON
import Ledger
import Verifier

/// Everything that is decided before the first entry of an export is written, so that an interrupted one goes on alike.
struct ExportPlan: Sendable, Equatable {
    let export: String
    let grade: ExportManifest.Grade
    /// The signed note whose tree the entries are proved in.
    let checkpoint: String
    let range: Range<UInt64>
    let filter: ExportFilter
    let createdAt: Timestamp
    /// Ascending, without repetition.
    let known: [UInt64]

    var value: JSONValue {
        .object([
            "checkpoint": .string(checkpoint), "created_at": .string(createdAt.description), "export": .string(export),
            "filters": filter.value, "from": .integer(Int64(clamping: range.lowerBound)),
            "grade": .string(grade.rawValue), "known": .array(known.map { .integer(Int64(clamping: $0)) }),
            "to": .integer(Int64(clamping: range.upperBound)),
        ])
    }

    init(
        export: String, grade: ExportManifest.Grade, checkpoint: String, range: Range<UInt64>, filter: ExportFilter,
        createdAt: Timestamp, known: [UInt64]
    ) {
        (self.export, self.grade, self.checkpoint, self.range) = (export, grade, checkpoint, range)
        (self.filter, self.createdAt, self.known) = (filter, createdAt, known)
    }

    init?(_ value: JSONValue?) {
        guard let value, let export = value["export"]?.stringValue, ExportManifest.isID(export),
            let grade = value["grade"]?.stringValue.flatMap(ExportManifest.Grade.init),
            let checkpoint = value["checkpoint"]?.stringValue,
            let from = value["from"]?.integerValue.flatMap(UInt64.init(exactly:)),
            let to = value["to"]?.integerValue.flatMap(UInt64.init(exactly:)), from < to,
            let filter = value["filters"].flatMap({ try? ExportFilter($0) }),
            let createdAt = value["created_at"]?.stringValue.flatMap(Timestamp.init),
            let known = value["known"]?.arrayValue
        else { return nil }
        self.init(
            export: export, grade: grade, checkpoint: checkpoint, range: from..<to, filter: filter,
            createdAt: createdAt, known: known.compactMap { $0.integerValue.flatMap(UInt64.init(exactly:)) })
    }
}

/// How far an export has come; everything before is durable.
struct ExportProgress: Sendable, Equatable {
    /// Where to go on: an index, or a version when a stream is followed.
    var next: UInt64
    var entries: UInt64 = 0
    var matched: UInt64 = 0
    /// How many bytes of each growing file count, by its name.
    var lengths: [String: Int64] = [:]
    /// Whether the event that tells of the export is recorded.
    var isRecorded = false

    init(next: UInt64) { self.next = next }

    var value: JSONValue {
        .object([
            "entries": .integer(Int64(clamping: entries)),
            "lengths": .object(JSONObject(lengths.mapValues { .integer($0) })),
            "matched": .integer(Int64(clamping: matched)), "next": .integer(Int64(clamping: next)),
            "recorded": .bool(isRecorded),
        ])
    }

    init?(_ value: JSONValue?) {
        guard let value, let next = value["next"]?.integerValue.flatMap(UInt64.init(exactly:)),
            let entries = value["entries"]?.integerValue.flatMap(UInt64.init(exactly:)),
            let matched = value["matched"]?.integerValue.flatMap(UInt64.init(exactly:)),
            let lengths = value["lengths"]?.objectValue, let isRecorded = value["recorded"]?.boolValue
        else { return nil }
        (self.next, self.entries, self.matched, self.isRecorded) = (next, entries, matched, isRecorded)
        self.lengths = Dictionary(
            uniqueKeysWithValues: lengths.compactMap { name, value in value.integerValue.map { (name, $0) } })
    }
}

/// `state.json` in the folder of an export that is not finished.
struct ExportState: Sendable, Equatable {
    static let name = "state.json"
    private static let format = "cxrledger-export-state/1"
    let plan: ExportPlan
    var progress: ExportProgress

    var bytes: [UInt8] {
        JSONValue.object(["format": .string(Self.format), "plan": plan.value, "progress": progress.value])
            .canonicalBytes()
    }

    init(plan: ExportPlan, progress: ExportProgress) { (self.plan, self.progress) = (plan, progress) }

    init?(parsing bytes: [UInt8]) {
        guard let value = try? JSONValue.parse(bytes), value["format"]?.stringValue == Self.format,
            let plan = ExportPlan(value["plan"]), let progress = ExportProgress(value["progress"])
        else { return nil }
        self.init(plan: plan, progress: progress)
    }
}
