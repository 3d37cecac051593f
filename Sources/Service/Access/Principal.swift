public import Records

/// Who acts, as it was established at the door.
public struct Principal: Hashable, Sendable {
    public enum Kind: String, Sendable { case human, service }

    /// The credential's id, or `os:USER` for the command line on the store itself.
    public let id: String
    public let kind: Kind
    public let name: String
    public let role: Role
    public let credential: String?
    /// The digest of the key that was shown: the credential may have another one before the request ends.
    let keyDigest: String?
    public var session: String?

    init(
        id: String, kind: Kind, name: String, role: Role, credential: String?, keyDigest: String? = nil,
        session: String? = nil
    ) {
        (self.id, self.kind, self.name, self.role) = (id, kind, name, role)
        (self.credential, self.keyDigest, self.session) = (credential, keyDigest, session)
    }

    /// Somebody with access to the files of the store, named by the operating system.
    public static func operatingSystem(user: String) -> Principal {
        Principal(id: "os:\(user)", kind: .human, name: user, role: .administrator, credential: nil)
    }

    /// The product itself: starts, stops, and what it notices.
    public static let system = Principal(
        id: "cxrledger", kind: .service, name: "cxrledger", role: .administrator, credential: nil)
}
