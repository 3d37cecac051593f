/// Why a checkpoint was not published.
public enum PublicationError: Error, Equatable, CustomStringConvertible, CustomDebugStringConvertible {
    /// The database cannot be read at the moment.
    case store(StorageError)
    /// The target does not take files at the moment.
    case target(StorageError)
    /// Under the prefix lies what is not this log's.
    case foreign
    /// More was published than the log has: database and lock were both put back to an earlier time.
    case ahead(published: UInt64, released: UInt64)
    /// Stored bytes are not what was promised.
    case damage(ChainDamage)

    /// What a program may ask for; the names are stable.
    public var code: String {
        switch self {
        case .store(let error), .target(let error): error.code.rawValue
        case .foreign: "tlog-foreign"
        case .ahead: "tlog-ahead"
        case .damage(let damage): "chain-\(damage.code.rawValue)"
        }
    }

    public var description: String {
        switch self {
        case .store(let error): error.description
        case .target(let error): "The place that the log is published to: \(error.description)"
        case .foreign:
            "What lies under the prefix is no checkpoint of this log: name another place, or remove it if you know what it is."
        case .ahead(let published, let released):
            "\(published) entries were published, but the log has released only \(released): the database and its lock are older than that. Stop writing, and restore the missing entries."
        case .damage(let damage):
            "\(damage) Nothing is published until the stored bytes are put back; run `cxrledger verify`."
        }
    }

    public var debugDescription: String {
        switch self {
        case .store(let error), .target(let error): error.debugDescription
        case .foreign, .ahead, .damage: "\(code): \(description)"
        }
    }
}
