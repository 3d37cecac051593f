import CanonicalJSON
import Ledger

/// `report.html`: what the manifest states and the first rows of the selection, for a person.
///
/// Its bytes follow from the manifest without its list of files, and the entries.
public enum ReportPage {
    /// The most rows of the page; `entries.csv` has all.
    public static let maximumRows: UInt64 = 10_000

    /// Everything before the first row.
    public static func head(_ manifest: ExportManifest) -> [UInt8] {
        let facts = manifest.statements.map { name, value in
            let text = value.stringValue ?? String(decoding: value.canonicalBytes(), as: UTF8.self)
            return "<tr><th>\(name)</th><td>\(HTMLText.escaped(text))</td></tr>\n"
        }
        let titles = ExportRow.columns.map { "<th>\($0)</th>" }.joined()
        let page = """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
            <title>\(manifest.export)</title>
            <style>\(style)</style>
            </head>
            <body>
            <h1>\(manifest.export)</h1>
            <p>\(statement(manifest))</p>
            <p>This page proves nothing by itself: verify the export that it is part of.</p>
            <table>
            \(facts.joined())</table>
            <p>\(count(manifest.matched))</p>
            <table>
            <tr>\(titles)</tr>

            """
        return Array(page.utf8)
    }

    /// Everything after the last row.
    public static let tail = Array("</table>\n</body>\n</html>\n".utf8)

    private static let style =
        "body{font-family:sans-serif}table{border-collapse:collapse;font-size:small}"
        + "th,td{border:1px solid #999;padding:2px 6px;text-align:left;vertical-align:top;overflow-wrap:anywhere}"

    private static func statement(_ manifest: ExportManifest) -> String {
        switch manifest.grade {
        case .authentic: "A selection of the log: what is here is authentic, and what was left out does not show."
        case .complete:
            "Every entry of the log from index \(manifest.from) up to, but not including, \(manifest.to). Those that match the filters are shown; nothing else matched."
        }
    }

    private static func count(_ matched: UInt64) -> String {
        matched <= maximumRows
            ? "Entries that match: \(matched)."
            : "Entries that match: \(matched). The first \(maximumRows) are below, all are in entries.csv."
    }
}
