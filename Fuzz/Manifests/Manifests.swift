import CanonicalJSON
import Ledger
import Verifier

/// Any bytes as each of the small files of an export, or as a line of one.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzManifests(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    if let manifest = try? ExportManifest(parsing: bytes) {
        precondition(manifest.bytes == bytes, "a manifest has one spelling")
        precondition(manifest.from < manifest.to && manifest.to <= manifest.size, "a range within the tree")
        precondition(manifest.files.allSatisfy { ExportManifest.isID($0.path) }, "no file lies elsewhere")
        let head = ReportPage.head(manifest)
        precondition(!head.isEmpty && String(validating: head, as: UTF8.self) != nil, "a page of text")
    }
    func expect(_ written: [UInt8]?, _ what: String) {
        precondition(written.map { $0 == bytes } ?? true, "\(what) has one spelling")
    }
    expect((try? ManifestSignature(parsing: bytes))?.bytes, "a signature")
    expect((try? ExportRange(parsing: bytes))?.bytes, "a range")
    guard let value = try? JSONValue.parse(bytes) else { return 0 }
    expect((try? KnownLine(value))?.bytes, "a known checkpoint")
    expect((try? ProvenLine(value, size: .max))?.bytes, "a proven entry")
    expect(
        (try? ProofLine(value)).map { line in
            var written: [UInt8] = []
            line.write(into: &written)
            return Array(written.dropLast())
        }, "a proof")
    if let filter = try? ExportFilter(value) { precondition(filter.value == value, "a filter is what was asked for") }
    return 0
}
