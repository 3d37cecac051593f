/// The files of an export, by their names.
public enum ExportFile {
    public static let manifest = "manifest.json"
    public static let signature = "manifest.sig.json"
    public static let checkpoint = "checkpoint"
    public static let entries = "entries.jsonl"
    public static let proofs = "proofs.jsonl"
    public static let range = "range.json"
    public static let keys = "keys.jsonl"
    public static let known = "known.jsonl"
    public static let timestamps = "timestamps.jsonl"
    public static let policy = "policy"
    public static let csv = "entries.csv"
    public static let report = "report.html"

    /// The files that a manifest lists, in its order.
    public static func listed(_ grade: ExportManifest.Grade) -> [String] {
        ([checkpoint, csv, entries, keys, known, policy, report, timestamps]
            + (grade == .complete ? [range] : [proofs])).sorted()
    }

    /// The most bytes of one line of any of them.
    public static let maximumLine = 65_536
    /// The most bytes of the small files: all but `entries.jsonl`, `proofs.jsonl`, `entries.csv` and `report.html`.
    public static let maximumSmall = 16 << 20
}
