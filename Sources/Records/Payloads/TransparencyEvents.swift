/// A key may sign nothing any longer; what it signed before stays good.
public struct KeyRetired: EventPayload {
    public static let type = EventType.keyRetired
    /// `event` or `checkpoint`.
    public let purpose: String
    /// Hex SHA-256 of the raw public key.
    public let key: String
    public let reason: String

    public init(purpose: String, key: String, reason: String) {
        (self.purpose, self.key, self.reason) = (purpose, key, reason)
    }
}

/// Somebody else may have signed with a key: verifiers flag what it signed from an index on.
public struct KeyCompromised: EventPayload {
    public static let type = EventType.keyCompromised
    /// `event` or `checkpoint`.
    public let purpose: String
    /// Hex SHA-256 of the raw public key.
    public let key: String
    /// The first index that is not to be believed for this key's signature alone.
    public let from: UInt64
    public let reason: String

    public init(purpose: String, key: String, from: UInt64, reason: String) {
        (self.purpose, self.key, self.from, self.reason) = (purpose, key, from, reason)
    }
}

/// A time-stamp authority vouched for the time of a checkpoint (RFC 3161).
public struct CheckpointTimestamped: EventPayload {
    public static let type = EventType.checkpointTimestamped
    public let size: UInt64
    /// Hex of the tree's root.
    public let root: String
    /// Base64 of the signed note that was stamped; the token's imprint is the SHA-256 of these bytes.
    public let checkpoint: String
    /// The address of the authority, without user and password.
    public let authority: String
    /// The time in the token.
    public let time: String
    /// Base64 of the DER of the `TimeStampToken`.
    public let token: String

    public init(size: UInt64, root: String, checkpoint: String, authority: String, time: String, token: String) {
        (self.size, self.root, self.checkpoint) = (size, root, checkpoint)
        (self.authority, self.time, self.token) = (authority, time, token)
    }
}

/// A witness would not cosign a checkpoint although it was given a proof: it knows another tree, or its state is lost.
public struct WitnessRefused: EventPayload {
    public static let type = EventType.witnessRefused
    /// The name of the witness's key.
    public let witness: String
    public let size: UInt64
    /// The HTTP status of the answer.
    public let status: Int64
    /// A code.
    public let detail: String

    public init(witness: String, size: UInt64, status: Int64, detail: String) {
        (self.witness, self.size, self.status, self.detail) = (witness, size, status, detail)
    }
}

/// A part of the log was written out for somebody to check elsewhere.
public struct LogExported: EventPayload {
    public static let type = EventType.logExported
    public let export: String
    /// `authentic` or `complete`.
    public let grade: String
    /// The first index that was looked at.
    public let from: UInt64
    /// The first index that no longer was.
    public let to: UInt64
    /// The size of the tree that the export proves its entries in.
    public let size: UInt64
    /// `name=value`; of a patient only the pseudonym.
    public let filters: [String]
    /// How many entries are in it.
    public let entries: Int64
    /// Hex SHA-256 of its manifest.
    public let manifest: String

    public init(
        export: String, grade: String, from: UInt64, to: UInt64, size: UInt64, filters: [String], entries: Int64,
        manifest: String
    ) {
        (self.export, self.grade, self.from, self.to, self.size) = (export, grade, from, to, size)
        (self.filters, self.entries, self.manifest) = (filters, entries, manifest)
    }
}

/// Stored bytes of the log are not what was signed.
public struct ChainVerificationFailed: EventPayload {
    public static let type = EventType.chainVerificationFailed
    /// `scrubber` or `publisher`.
    public let finder: String
    /// The first index that shows it.
    public let index: UInt64
    /// A code.
    public let detail: String

    public init(finder: String, index: UInt64, detail: String) {
        (self.finder, self.index, self.detail) = (finder, index, detail)
    }
}

/// A log that was behind its lock has its missing entries again; the root at the locked size is the locked one.
public struct LogRecovered: EventPayload {
    public static let type = EventType.logRecovered
    /// How many entries there were.
    public let from: UInt64
    /// How many there are again.
    public let to: UInt64
    /// Hex of the tree's root at that size.
    public let root: String
    /// `tiles` or `backup`.
    public let source: String

    public init(from: UInt64, to: UInt64, root: String, source: String) {
        (self.from, self.to, self.root, self.source) = (from, to, root, source)
    }
}

/// What was read while nothing could be recorded is in the log now, as the events before this one.
public struct SpoolAppended: EventPayload {
    public static let type = EventType.spoolAppended
    public let records: Int64
    /// When the first was read.
    public let first: String
    /// When the last was read.
    public let last: String
    /// Hex SHA-256 over the spool's records.
    public let digest: String

    public init(records: Int64, first: String, last: String, digest: String) {
        (self.records, self.first, self.last, self.digest) = (records, first, last, digest)
    }
}
