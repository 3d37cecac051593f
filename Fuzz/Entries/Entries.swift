import CanonicalJSON
import Crypto
import Ledger
import Records

/// Any bytes as an entry, an envelope, a bundle of entries, or a line `Type {payload}` as an event.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzEntries(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    read(envelope: bytes)
    if let entry = try? Entry(decoding: bytes) {
        let exported = try? JSONValue.parse(entry.dsseLine)
        let payload = exported?["payload"]?.stringValue.flatMap { Base64.decode($0) }
        precondition(payload == entry.envelope, "an export line holds the envelope")
        read(envelope: entry.envelope)
    }
    if let entries = EntryBundle.decode(bytes) {
        precondition(EntryBundle.encode(entries) == bytes, "a bundle has one spelling")
    }
    let line = bytes.prefix { $0 != 0x0A }
    if let space = line.firstIndex(of: 0x20), let payload = try? JSONValue.parse(Array(line[(space + 1)...])) {
        read(type: String(decoding: line[..<space], as: UTF8.self), schema: 1, payload: payload)
    }
    return 0
}

private func read(envelope bytes: [UInt8]) {
    let skim = try? EnvelopeColumns(skimming: bytes)
    let type = Envelope.type(skimming: bytes.span)
    guard let envelope = try? Envelope(parsing: bytes) else { return }
    let value = try? JSONValue.parse(bytes)
    precondition(value != nil && value?["payload"] == envelope.parsedPayload(), "an envelope is canonical JSON")
    precondition(skim == EnvelopeColumns(envelope), "skimming an envelope finds what reading it finds")
    precondition(type == envelope.type || envelope.type.utf8.contains(0x5C) || envelope.type.utf8.contains(0x22))
    precondition(Timestamp(envelope.occurredAt.description) == envelope.occurredAt, "a time is read as it is written")
    read(type: envelope.type, schema: envelope.schema, payload: envelope.parsedPayload())
}

private func read(type: String, schema: Int, payload: JSONValue) {
    let fact = try? StoredFact(type: type, schema: schema, payload: payload)
    let quick = try? StoredFact(type: type, schema: schema, canonical: payload.canonicalBytes()[...])
    precondition(fact == quick, "a payload is read from bytes as its value is")
    guard let event = try? Event(type: type, schema: schema, payload: payload) else { return }
    let written = try? Event(type: event.type.rawValue, schema: event.type.schema, payload: event.payload)
    precondition(written == event, "an event is read as it is written")
}
