import CanonicalJSON
import Crypto
import Glibc
import Ledger
import Storage

/// Says for ever that a log ended, and which one goes on for it: in its home, and beside its checkpoint lock, so that no
/// backup brings it back to life.
struct FrozenMark: Equatable {
    /// The log that ended.
    let log: String
    /// The one that goes on for it.
    let successor: String
    /// The hash of that one's first entry, in hex.
    let genesis: String
    let frozenAt: String

    /// Nil when the log goes on.
    ///
    /// A mark that cannot be read ends it too. The lock may be a link to the one that others use.
    static func read(_ home: Home, lock: String) throws(ServiceError) -> FrozenMark? {
        if let mark = try read(home.path + "/frozen") { return mark }
        return try read(beside: lock)
    }

    /// The mark beside a lock, whatever home it is used from.
    static func read(beside lock: String) throws(ServiceError) -> FrozenMark? { try read(path(beside: lock)) }

    private static func read(_ path: String) throws(ServiceError) -> FrozenMark? {
        guard let bytes = try SmallFile.read(path, limit: 65_536) else { return nil }
        let value = try? JSONValue.parse(bytes)
        func text(_ name: String) -> String { value?[name]?.stringValue ?? "unknown" }
        return FrozenMark(
            log: text("log"), successor: text("successor"), genesis: text("genesis"), frozenAt: text("frozen_at"))
    }

    /// Makes it durable in both places.
    func write(_ home: Home, lock: String) throws(ServiceError) {
        let value: JSONValue = [
            "frozen_at": .string(frozenAt), "genesis": .string(genesis), "log": .string(log),
            "successor": .string(successor),
        ]
        for path in [Self.path(beside: lock), home.path + "/frozen"] {
            try SmallFile.write(value.canonicalBytes(), to: path)
        }
    }

    private static func path(beside lock: String) -> String {
        guard let resolved = unsafe realpath(lock, nil) else { return lock + ".frozen" }
        defer { unsafe free(resolved) }
        return unsafe String(cString: resolved) + ".frozen"
    }

    var refusal: ServiceError {
        ServiceError(
            .unavailable, "log-frozen",
            "The log \(log) ended on \(frozenAt), because its last entries were lost: it can be read and verified, never added to. Work goes on in its successor \(successor); use that home."
        )
    }
}
