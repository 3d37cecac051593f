import Crypto
import HTTPClient
import Ledger
import Records

extension Settings {
    /// Says whether TSA_CA names certificates.
    ///
    /// - Throws: `tsa-ca` when it does not.
    public func checkTimestampCA() throws(ServiceError) { _ = try TimestampAuthority.authorities(self) }
}

/// A time-stamp authority: a digest goes there, a token comes back (RFC 3161 over HTTP).
struct TimestampAuthority: Sendable {
    private let url: String
    private let authorities: TimestampAuthorities
    private let client = HTTPClient(timeout: .seconds(15), maximumResponseBytes: TimestampToken.maximumSize)

    /// The authority of the settings; nil when there is none.
    ///
    /// - Throws: `tsa-ca` when TSA_CA names no certificates.
    init?(_ settings: Settings) throws(ServiceError) {
        guard let url = settings.timestampURL else { return nil }
        self.url = url
        authorities = try Self.authorities(settings)
    }

    /// Whom tokens are believed from.
    static func authorities(_ settings: Settings) throws(ServiceError) -> TimestampAuthorities {
        guard let path = settings.timestampCA else { return .system }
        guard let pem = try SmallFile.read(path, limit: 1 << 20), let read = try? TimestampAuthorities(pem: pem) else {
            throw ServiceError(.invalid, "stamp-ca", "TSA_CA names \(path), which holds no certificate in PEM.")
        }
        return read
    }

    /// Has a checkpoint stamped, and verifies the token before it is believed.
    ///
    /// - Throws: `tsa-…` with what went wrong.
    func stamp(_ note: String, _ checkpoint: Checkpoint) async throws(ServiceError) -> CheckpointTimestamped {
        let request = TimestampRequest(imprint: SHA256.hash(Array(note.utf8)))
        let response: HTTPClientResponse
        do {
            response = try await client.send(
                "POST", url: url, headers: [("Content-Type", TimestampRequest.contentType)], body: request.der)
        } catch {
            let code = error.code.rawValue.replacing("_", with: "-")
            throw ServiceError(.unavailable, "tsa-\(code)", "The time-stamp authority: \(error.description)")
        }
        guard response.status == 200 else {
            throw ServiceError(
                .unavailable, "tsa-status", "The time-stamp authority answered with status \(response.status).")
        }
        do {
            let token = try TimestampToken(answer: response.body, to: request)
            try token.verify(imprint: request.imprint, authorities: authorities)
            return CheckpointTimestamped(
                size: checkpoint.size, root: checkpoint.root.hex, checkpoint: Base64.encode(Array(note.utf8)),
                authority: Self.publicPart(of: url), time: token.time, token: Base64.encode(token.der))
        } catch {
            throw ServiceError(.unavailable, "tsa-\(error.rawValue)", Self.sentence(error))
        }
    }

    private static func sentence(_ error: TimestampError) -> String {
        switch error {
        case .malformed, .tooLarge: "What the time-stamp authority answered is no token."
        case .refused: "The time-stamp authority gave no token; ask its operator why."
        case .mismatch: "The time-stamp authority answered another request."
        case .untrusted: "The token is not signed under an authority that is trusted here; check TSA_CA."
        case .authorities: "TSA_CA holds no certificate in PEM."
        }
    }

    /// Scheme, host, port and path of an address: user, password, query and fragment may be secrets.
    static func publicPart(of url: String) -> String {
        let url = url.prefix { $0 != "?" && $0 != "#" }
        guard let scheme = url.firstRange(of: "://") else { return String(url) }
        let rest = url[scheme.upperBound...]
        let authority = rest.prefix { $0 != "/" }
        let host = authority.lastIndex(of: "@").map { authority[authority.index(after: $0)...] } ?? authority
        return String(url[..<scheme.upperBound] + host + rest[authority.endIndex...])
    }
}
