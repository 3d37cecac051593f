/// The service began to accept work.
public struct ServiceStarted: EventPayload {
    public static let type = EventType.serviceStarted
    public let version: String
    public let build: String
    /// SHA-256 over the effective settings, secrets masked.
    public let settingsDigest: String
    public let clock: ClockQuality
    /// Inference library and kernel set, as bits can differ between them.
    public let runtime: String

    public init(version: String, build: String, settingsDigest: String, clock: ClockQuality, runtime: String) {
        (self.version, self.build, self.settingsDigest) = (version, build, settingsDigest)
        (self.clock, self.runtime) = (clock, runtime)
    }
}

/// What the kernel says of the clock that stamps the events.
public struct ClockQuality: Codable, Hashable, Sendable {
    public let synchronised: Bool
    /// The kernel's bound on the error, in microseconds.
    public let maxErrorUs: Int64
    public let source: String

    public init(synchronised: Bool, maxErrorUs: Int64, source: String) {
        (self.synchronised, self.maxErrorUs, self.source) = (synchronised, maxErrorUs, source)
    }
}

/// The service stopped after finishing what it had accepted.
public struct ServiceStopped: EventPayload {
    public static let type = EventType.serviceStopped
    public let reason: String
    public let uptimeSeconds: Int64

    public init(reason: String, uptimeSeconds: Int64) { (self.reason, self.uptimeSeconds) = (reason, uptimeSeconds) }
}

/// The root key certified keys of this log: wherever keys were rotated, and index 0 of every log.
public struct KeysCertified: EventPayload {
    public static let type = EventType.keysCertified
    /// Base64 of the raw public root key; verifiers pin their own copy and only compare.
    public let root: String
    public let keys: [Certified]
    /// The log that this one goes on for, when that one's tail was lost; only in the first entry.
    public let succeeds: Predecessor?

    public struct Certified: Codable, Hashable, Sendable {
        /// Base64 of the certificate's canonical JSON.
        public let certificate: String
        /// Base64 of the root key's signature over it.
        public let signature: String

        public init(certificate: String, signature: String) {
            (self.certificate, self.signature) = (certificate, signature)
        }
    }

    /// A log that ended, as far as it was released.
    public struct Predecessor: Codable, Hashable, Sendable {
        public let origin: String
        public let size: UInt64
        /// Hex of the tree's root.
        public let root: String
        /// Base64 of its last released checkpoint, a signed note.
        public let checkpoint: String
        /// How many of its entries are still there.
        public let kept: UInt64
        public let reason: String

        public init(origin: String, size: UInt64, root: String, checkpoint: String, kept: UInt64, reason: String) {
            (self.origin, self.size, self.root) = (origin, size, root)
            (self.checkpoint, self.kept, self.reason) = (checkpoint, kept, reason)
        }
    }

    public init(root: String, keys: [Certified], succeeds: Predecessor? = nil) {
        (self.root, self.keys, self.succeeds) = (root, keys, succeeds)
    }
}

/// A setting that changes behaviour differs from the last start.
public struct ConfigChanged: EventPayload {
    public static let type = EventType.configChanged
    public let name: String
    public let from: String
    public let to: String

    public init(name: String, from: String, to: String) { (self.name, self.from, self.to) = (name, from, to) }
}

/// A backup was written; this event is the last that it holds at least.
public struct BackupTaken: EventPayload {
    public static let type = EventType.backupTaken
    public let name: String
    /// How many entries had been copied when this was recorded.
    public let size: UInt64
    /// Hex of the tree's root at that size.
    public let root: String
    public let bytes: Int64
    public let images: Int64

    public init(name: String, size: UInt64, root: String, bytes: Int64, images: Int64) {
        (self.name, self.size, self.root, self.bytes, self.images) = (name, size, root, bytes, images)
    }
}

/// A log was rebuilt by replay from a backup, and its root and projection digests were compared.
public struct RestoreCompleted: EventPayload {
    public static let type = EventType.restoreCompleted
    public let backup: String
    public let size: UInt64
    public let root: String

    public init(backup: String, size: UInt64, root: String) {
        (self.backup, self.size, self.root) = (backup, size, root)
    }
}

/// The database has settings under which what it calls durable may be lost, or damage goes unnoticed.
public struct StorageWeakened: EventPayload {
    public static let type = EventType.storageWeakened
    /// Each as the database names it, with its value: `fsync=off`.
    public let settings: [String]
    /// Whether the service refuses to work with it.
    public let refused: Bool

    public init(settings: [String], refused: Bool) { (self.settings, self.refused) = (settings, refused) }
}

/// A list goes on beyond an event that it could not take: whoever folds it, then or later, passes over that event.
public struct ProjectionEventSkipped: EventPayload {
    public static let type = EventType.projectionEventSkipped
    public let projection: String
    /// The version of the projection that stood there; another one takes the event or stops anew.
    public let version: Int64
    /// Of the event that is passed over.
    public let index: UInt64
    public let reason: String

    public init(projection: String, version: Int64, index: UInt64, reason: String) {
        (self.projection, self.version, self.index, self.reason) = (projection, version, index, reason)
    }
}
