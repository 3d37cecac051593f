/// Which keys are replaced, and by whose word.
public struct KeyRotation: Sendable {
    /// `event`, `checkpoint` or both.
    public var purposes = allPurposes
    public var reason = ""
    /// Where the root key lies; nil for the home's own.
    public var rootFile: String?
    /// The file of its passphrase, when that is another one than the setting's.
    public var rootPassphraseFile: String?
    /// The token that new keys are made on; nil makes files.
    public var token: String?
    /// The root's word for keys that wait here already, as `keys certify` writes it; the root key is not needed then.
    public var certificates: String?

    public static let allPurposes: Set<String> = ["event", "checkpoint"]

    public init() {}
}
