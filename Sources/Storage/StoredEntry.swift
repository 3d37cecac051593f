public import Ledger

/// One row of the log: the signed bytes, and the columns by which they are found.
///
/// The columns repeat what the bytes say; `verify` compares them.
public struct StoredEntry: Hashable, Sendable {
    public let index: UInt64
    public let eventID: String
    public let stream: String
    public let version: UInt64
    public let type: String
    /// Whether the entry moved the epoch.
    public let isControl: Bool
    public let bytes: [UInt8]

    public init(
        index: UInt64, eventID: String, stream: String, version: UInt64, type: String, isControl: Bool, bytes: [UInt8]
    ) {
        (self.index, self.eventID, self.stream, self.version) = (index, eventID, stream, version)
        (self.type, self.isControl, self.bytes) = (type, isControl, bytes)
    }

    /// Whether the columns repeat what the signed envelope says; all but whether it is a control event.
    ///
    /// By bytes, as databases compare: to Swift the sign for kelvin is a K.
    public func repeats(_ envelope: Envelope) -> Bool {
        version == envelope.version
            && [(stream, envelope.stream), (eventID, envelope.id), (type, envelope.type)]
                .allSatisfy { $0.utf8.elementsEqual($1.utf8) }
    }
}
