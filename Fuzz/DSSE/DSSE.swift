import CanonicalJSON
import Crypto
import Ledger
import Verifier

/// Any bytes as a line of an export: a DSSE envelope, and what the export shows of the envelope within it.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzDSSE(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    show(bytes)
    guard let entry = try? Entry(dsseLine: bytes) else { return 0 }
    precondition(entry.dsseLine == bytes, "a line has one spelling")
    precondition((try? Entry(decoding: entry.bytes)) == entry, "the entry is the one that was exported")
    precondition(entry.bytes.count <= Entry.maximumSize, "an entry is bounded")
    show(entry.envelope)
    if let envelope = try? Envelope(parsing: entry.envelope) {
        let facts = EnvelopeFacts(entry.envelope)
        func text(_ text: String) -> [UInt8] { JSONValue.string(text).canonicalBytes() }
        precondition(facts.token(.stream).elementsEqual(text(envelope.stream)), "the stream that the envelope names")
        precondition(facts.token(.actor).elementsEqual(text(envelope.actor.id)), "the actor that the envelope names")
        precondition(facts.token(.payload).elementsEqual(envelope.parsedPayload().canonicalBytes()), "its payload")
    }
    return 0
}

/// The rows of both renderings; of bytes that are no envelope they show something, within bounds.
private func show(_ envelope: [UInt8]) {
    let facts = EnvelopeFacts(envelope)
    var (csv, html): ([UInt8], [UInt8]) = ([], [])
    ExportRow.writeCSV(facts, index: 1, hash: .zero, into: &csv)
    ExportRow.writeHTML(facts, index: 1, hash: .zero, into: &html)
    precondition(csv.count(where: { $0 == UInt8(ascii: "\"") }).isMultiple(of: 2), "every quote is closed")
    precondition(html.count(where: { $0 == UInt8(ascii: "<") }) == 2 * (ExportRow.columns.count + 1), "no tag but ours")
    var filter = ExportFilter()
    (filter.model, filter.actor) = ("x", "y")
    _ = EntryMatcher(filter).matches(facts)
}
