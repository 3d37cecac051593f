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
        let line = try? JSONValue.parse(entry.dsseLine)
        let payload = line?["payload"]?.stringValue.flatMap { Base64.decode($0) }
        precondition(payload == entry.envelope, "an export line holds the envelope")
        read(envelope: entry.envelope)
    }
    if let entries = EntryBundle.decode(bytes) {
        precondition(EntryBundle.encode(entries) == bytes, "a bundle has one spelling")
    }
    if let space = bytes.firstIndex(of: UInt8(ascii: " ")), let payload = try? JSONValue.parse(Array(bytes[(space + 1)...])) {
        read(type: String(decoding: bytes[..<space], as: UTF8.self), schema: 1, payload: payload)
    }
    return 0
}

private func read(envelope bytes: [UInt8]) {
    guard let envelope = try? Envelope(parsing: bytes) else { return }
    precondition(Timestamp(envelope.occurredAt.description) == envelope.occurredAt, "a time is read as it is written")
    read(type: envelope.type, schema: envelope.schema, payload: envelope.payload)
}

private func read(type: String, schema: Int, payload: JSONValue) {
    guard let event = try? Event(type: type, schema: schema, payload: payload) else { return }
    let written = try? Event(type: event.type.rawValue, schema: event.type.schema, payload: event.payload)
    precondition(written == event, "an event is read as it is written")
}
