import Concurrency
import Crypto
import Ledger

/// Sign-ins at the page: a random token in a cookie stands for a credential's key digest until it ends.
///
/// The digest is looked up anew with each request, so a rotated or revoked key ends its sessions at once.
final class Sessions: Sendable {
    struct Session: Sendable {
        let id: String
        let keyDigest: String
        let csrf: String
        let opened: Timestamp
        var seen: Timestamp

        /// Ends after half an hour of rest, and after twelve hours anyway.
        func hasEnded(at time: Timestamp) -> Bool {
            time.microseconds - seen.microseconds >= 30 * 60 * 1_000_000
                || time.microseconds - opened.microseconds >= 12 * 60 * 60 * 1_000_000
        }
    }

    private static let capacity = 10_000
    private let now: Clock
    private let sessions = Locked<[Digest: Session]>([:])

    init(now: @escaping Clock) { self.now = now }

    /// Starts a session and answers with its token.
    func open(keyDigest: String) -> (token: String, session: Session) {
        let token = Hex.encode(SecureRandom.bytes(32))
        let time = now()
        let session = Session(
            id: Identifiers.random("n_"), keyDigest: keyDigest, csrf: Hex.encode(SecureRandom.bytes(16)), opened: time,
            seen: time)
        sessions.withLock { sessions in
            if sessions.count >= Self.capacity { sessions = sessions.filter { !$0.value.hasEnded(at: time) } }
            // Whoever has rested longest signs in again.
            if sessions.count >= Self.capacity, let oldest = sessions.min(by: { $0.value.seen < $1.value.seen })?.key {
                sessions[oldest] = nil
            }
            sessions[SHA256.hash(Array(token.utf8))] = session
        }
        return (token, session)
    }

    /// The session behind a token, when it has not ended.
    func session(token: String) -> Session? {
        let (digest, time) = (SHA256.hash(Array(token.utf8)), now())
        return sessions.withLock { sessions in
            guard var session = sessions[digest] else { return nil }
            guard !session.hasEnded(at: time) else {
                sessions[digest] = nil
                return nil
            }
            session.seen = time
            sessions[digest] = session
            return session
        }
    }

    /// Whether a session has not ended; asking does not keep it.
    func isOpen(id: String) -> Bool {
        let time = now()
        return sessions.withLock { $0.values.contains { $0.id == id && !$0.hasEnded(at: time) } }
    }

    func close(token: String) { sessions.withLock { $0[SHA256.hash(Array(token.utf8))] = nil } }
}
