public import CanonicalJSON
public import Ledger

/// What an export was asked for; an entry has to answer to all of it.
public struct ExportFilter: Hashable, Sendable {
    /// Recorded at or after.
    public var since: Timestamp?
    /// Recorded before.
    public var until: Timestamp?
    public var stream: String?
    public var type: String?
    /// The id of the actor or of the credential that was shown.
    public var actor: String?
    /// The pseudonym of a patient.
    public var subject: String?
    /// Hex digest of a model: of the one that predicted, or that an entry of the stream `models` is about.
    public var model: String?

    public init() {}

    /// Name and value of each filter that was given, in the order of the names.
    public var members: [(name: String, value: String)] {
        [
            ("actor", actor), ("model", model), ("since", since?.description), ("stream", stream),
            ("subject", subject), ("type", type), ("until", until?.description),
        ].compactMap { name, value in value.map { (name, $0) } }
    }

    /// Whether nothing but one stream was asked for.
    public var isWholeStream: Bool { stream != nil && members.count == 1 }

    /// As the manifest holds it.
    public var value: JSONValue {
        .object(JSONObject(Dictionary(members.map { ($0.name, .string($0.value)) }, uniquingKeysWith: { $1 })))
    }

    /// Reads what `value` gave.
    ///
    /// - Throws: `.field` for any other member, and for a time that is none.
    public init(_ value: JSONValue) throws(LedgerError) {
        var fields = try FieldReader(value, path: "filters.")
        actor = try fields.optionalText("actor")
        model = try fields.optionalText("model")
        since = try Self.time("since", &fields)
        stream = try fields.optionalText("stream")
        subject = try fields.optionalText("subject")
        type = try fields.optionalText("type")
        until = try Self.time("until", &fields)
        try fields.finish()
    }

    private static func time(_ name: String, _ fields: inout FieldReader) throws(LedgerError) -> Timestamp? {
        guard let text = try fields.optionalText(name) else { return nil }
        guard let time = Timestamp(text) else { throw LedgerError(.field, "filters.\(name)") }
        return time
    }
}

/// A filter made ready for many envelopes: values are compared as canonical JSON spells them, byte by byte.
public struct EntryMatcher: Sendable {
    private let since: [UInt8]?
    private let until: [UInt8]?
    private let stream: [UInt8]?
    private let type: [UInt8]?
    private let actor: [UInt8]?
    private let subject: [UInt8]?
    private let model: [UInt8]?
    private let isEmpty: Bool

    public init(_ filter: ExportFilter) {
        func token(_ text: String?) -> [UInt8]? { text.map { JSONValue.string($0).canonicalBytes() } }
        (since, until) = (token(filter.since?.description), token(filter.until?.description))
        (stream, type, actor) = (token(filter.stream), token(filter.type), token(filter.actor))
        (subject, model) = (token(filter.subject), token(filter.model))
        isEmpty = filter.members.isEmpty
    }

    /// Whether an entry answers to the filter.
    public func matches(_ facts: EnvelopeFacts) -> Bool {
        if isEmpty { return true }
        let time = facts.token(.recordedAt)
        // All times are spelled with the same number of characters, so their order is that of their bytes.
        if let since, time.lexicographicallyPrecedes(since) { return false }
        if let until, !time.lexicographicallyPrecedes(until) { return false }
        if let stream, !facts.token(.stream).elementsEqual(stream) { return false }
        if let type, !facts.token(.type).elementsEqual(type) { return false }
        if let subject, !facts.token(.subject).elementsEqual(subject) { return false }
        if let actor {
            guard facts.token(.actor).elementsEqual(actor) || facts.token(.credential).elementsEqual(actor) else {
                return false
            }
        }
        if let model {
            let isAbout =
                facts.token(.stream).elementsEqual(Self.models)
                && facts.payloadMember("digest").elementsEqual(model)
            guard isAbout || facts.payloadMember("model", "digest").elementsEqual(model) else { return false }
        }
        return true
    }

    private static let models = Array("\"models\"".utf8)
}
