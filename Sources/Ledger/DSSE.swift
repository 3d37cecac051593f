import Crypto

/// The signing rules of DSSE v1, which keep signatures for different purposes apart.
public enum DSSE {
    /// What an event's envelope is signed as.
    public static let eventType = "application/vnd.cxrledger.event+json"
    /// What a key certificate is signed as.
    public static let keyType = "application/vnd.cxrledger.key+json"
    /// What the manifest of an export is signed as.
    public static let exportType = "application/vnd.cxrledger.export+json"
    /// What an event is signed as that waits in the spool for its place in the log.
    public static let spoolType = "application/vnd.cxrledger.spool+json"

    /// The pre-authentication encoding: the bytes that are signed.
    public static func preAuthenticationEncoding(type: String, body: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(body.count + type.utf8.count + 32)
        bytes += "DSSEv1 \(type.utf8.count) \(type) \(body.count) ".utf8
        bytes += body
        return bytes
    }
}
