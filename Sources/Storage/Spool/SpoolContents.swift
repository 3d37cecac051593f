public import Crypto

/// What a spool holds at a moment.
public struct SpoolContents: Equatable, Sendable {
    static let magic = Array("CXRSPOOL".utf8) + [1, 0, 0, 0, 0, 0, 0, 0]

    /// In the order in which they were kept.
    public let records: [SpoolRecord]
    /// Whether there is something after them that is no record, or the file is no spool.
    public let isDamaged: Bool
    /// Where the next record goes.
    let end: Int

    /// Reads a spool's bytes.
    public init(_ bytes: [UInt8]) {
        var records: [SpoolRecord] = []
        var end = Self.magic.count
        while let record = SpoolRecord(in: bytes, at: end) {
            records.append(record)
            end += SpoolRecord.size(envelope: record.envelope.count)
        }
        (self.records, self.end) = (records, end)
        isDamaged =
            !bytes.starts(with: Self.magic)
            || !bytes.dropFirst(end).prefix(SpoolRecord.lengthSize).allSatisfy { $0 == 0 }
    }

    /// How many bytes the records take.
    public var size: Int { end - Self.magic.count }

    /// SHA-256 over the records as they are stored.
    public var digest: Digest { SHA256.hash(records.flatMap(\.bytes)) }
}
