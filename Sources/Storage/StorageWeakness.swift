/// A setting of a database under which what it calls durable may be lost or changed unnoticed.
public struct StorageWeakness: Equatable, Sendable {
    /// As the database names it, with its value: `fsync=off`.
    public let setting: String
    /// Whether it breaks the promise that what is acknowledged is durable; otherwise damage is only found later.
    public let breaksPromise: Bool

    public init(_ setting: String, breaksPromise: Bool) {
        (self.setting, self.breaksPromise) = (setting, breaksPromise)
    }
}
