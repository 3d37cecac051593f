import CanonicalJSON
import Crypto
import Ledger
import Verifier

/// Any bytes as each file of an export, as a passport, as something that a reader holds, and as an envelope to be shown.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzExports(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    func expect(_ written: [UInt8]?, _ what: String) {
        precondition(written.map { $0 == bytes } ?? true, "\(what) has one spelling")
    }
    expect((try? ExportManifest(parsing: bytes))?.bytes, "a manifest")
    expect((try? ManifestSignature(parsing: bytes))?.bytes, "a manifest's signature")
    expect((try? ExportRange(parsing: bytes))?.bytes, "a range")
    expect((try? Entry(dsseLine: bytes))?.dsseLine, "a DSSE line")
    expect((try? Passport(parsing: bytes))?.bytes, "a passport")
    if let value = try? JSONValue.parse(bytes) {
        expect((try? KnownLine(value))?.bytes, "a known size")
        expect((try? ProvenLine(value, size: 1 << 40))?.bytes, "a proven entry")
        if let proof = try? ProofLine(value) {
            var line: [UInt8] = []
            proof.write(into: &line)
            expect(Array(line.dropLast()), "a proof")
        }
    }
    _ = Holding(bytes)
    show(bytes)
    verify(bytes)
    return 0
}

/// The renderings take what they are given: it is checked before.
private func show(_ bytes: [UInt8]) {
    let facts = EnvelopeFacts(bytes)
    var rendered: [UInt8] = []
    ExportRow.writeCSV(facts, index: 0, hash: .zero, into: &rendered)
    ExportRow.writeHTML(facts, index: 0, hash: .zero, into: &rendered)
    var filter = ExportFilter()
    (filter.model, filter.actor, filter.since) = ("m", "a", Timestamp(microseconds: 0))
    _ = EntryMatcher(filter).matches(facts)
}

/// Each file of an export replaced by the bytes in turn, beside a manifest that is right: never a verified export.
private func verify(_ bytes: [UInt8]) {
    precondition(!PassportVerification.run(bytes).ok, "nothing to start from")
    for name in files.keys {
        var changed = files
        changed[name] = bytes
        let verdict = try? ExportVerification.run(MemorySource(changed))
        precondition(verdict.map { !$0.ok } ?? false, "nothing here is signed")
    }
}

private let files: [String: [UInt8]] = {
    let key = Ed25519.PrivateKey.generate()
    var manifest = ExportManifest(
        export: "export", grade: .authentic, origin: "log", rootKey: key.publicKey, size: 2, root: .zero, range: 0..<2,
        filters: ExportFilter(), entries: 0, matched: 0, createdAt: Timestamp(microseconds: 0), program: "0")
    var files: [String: [UInt8]] = [:]
    for name in ExportFile.listed(.authentic) { files[name] = [] }
    manifest.files = files.keys.sorted().map { .init(path: $0, bytes: 0, sha256: SHA256.hash([])) }
    files[ExportFile.manifest] = manifest.bytes
    files[ExportFile.signature] = []
    return files
}()
