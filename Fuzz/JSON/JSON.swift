import CanonicalJSON

/// Any bytes as JSON: both parsers answer, agree with each other, and what they read is written back as it was.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzJSON(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    // Refusing is fine everywhere below: only crashes and contradictions are findings.
    let canonical = try? JSONValue.parse(bytes)
    let relaxed = try? JSONValue.parseRelaxed(bytes)
    if let canonical {
        precondition(canonical.canonicalBytes() == bytes, "canonical bytes have one spelling")
        precondition(relaxed == canonical, "what is canonical is ordinary JSON")
    }
    if let relaxed {
        let written = relaxed.canonicalBytes()
        precondition((try? JSONValue.parse(written)) == relaxed, "everything read can be written and read again")
        let pretty = Array(relaxed.prettyPrinted().utf8)
        precondition((try? JSONValue.parseRelaxed(pretty)) == relaxed, "pretty printing changes nothing")
    }
    let kept = try? JSONValue.parse(bytes, keeping: ["a", "payload"])
    precondition((kept == nil) == (canonical?.objectValue == nil), "checking is as strict as building")
    if let kept, let members = canonical?.objectValue {
        let due = members.filter { ["a", "payload"].contains($0.key) }
        precondition(kept.elementsEqual(due, by: ==), "only building differs")
    }
    return 0
}
