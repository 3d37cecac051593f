/// A credential was given out; the log keeps the digest of its secret, never the secret.
public struct CredentialIssued: EventPayload {
    public static let type = EventType.credentialIssued
    public let credential: String
    public let name: String
    public let role: Role
    /// Hex SHA-256 of the API key, which holds 256 random bits.
    public let digest: String
    /// Whether it is the administrator's key of the first start.
    public let bootstrap: Bool

    public init(credential: String, name: String, role: Role, digest: String, bootstrap: Bool) {
        (self.credential, self.name, self.role) = (credential, name, role)
        (self.digest, self.bootstrap) = (digest, bootstrap)
    }
}

/// A credential has a new secret; the old one ended with this event.
public struct CredentialRotated: EventPayload {
    public static let type = EventType.credentialRotated
    public let credential: String
    public let digest: String

    public init(credential: String, digest: String) { (self.credential, self.digest) = (credential, digest) }
}

/// A credential ended.
public struct CredentialRevoked: EventPayload {
    public static let type = EventType.credentialRevoked
    public let credential: String
    public let reason: String

    public init(credential: String, reason: String) { (self.credential, self.reason) = (credential, reason) }
}

/// Somebody signed in at the page.
public struct LoginSucceeded: EventPayload {
    public static let type = EventType.loginSucceeded
    public let credential: String

    public init(credential: String) { self.credential = credential }
}

/// Somebody signed out of the page.
public struct Logout: EventPayload {
    public static let type = EventType.logout
    public let credential: String

    public init(credential: String) { self.credential = credential }
}

/// Keys were refused: one event for all failures from one address within a window, so that a flood cannot fill the log.
public struct AuthenticationFailed: EventPayload {
    public static let type = EventType.authenticationFailed
    public let reason: String
    public let count: Int64
    /// The length of the window in seconds.
    public let window: Int64
    /// The credential whose former or revoked secret was tried, when one is known.
    public let credential: String?

    public init(reason: String, count: Int64, window: Int64, credential: String?) {
        (self.reason, self.count, self.window, self.credential) = (reason, count, window, credential)
    }
}

/// Somebody known was refused something that their role does not hold.
public struct AuthorizationDenied: EventPayload {
    public static let type = EventType.authorizationDenied
    public let permission: String
    public let operation: String

    public init(permission: String, operation: String) { (self.permission, self.operation) = (permission, operation) }
}

/// Somebody read the log itself: events, a timeline, credentials.
public struct AuditLogQueried: EventPayload {
    public static let type = EventType.auditLogQueried
    public let operation: String
    /// The filters as `name=value`.
    public let filters: [String]
    public let returned: Int64

    public init(operation: String, filters: [String], returned: Int64) {
        (self.operation, self.filters, self.returned) = (operation, filters, returned)
    }
}
