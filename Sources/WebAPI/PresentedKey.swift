import HTTPServer

/// What a request shows at the door.
enum PresentedKey: Sendable, Equatable {
    case apiKey(String)
    /// The cookie of a sign-in at the page.
    case session(token: String)

    static let cookie = "cxr_session"

    /// Looks for a bearer token, then an `X-API-Key`, then the page's cookie; nil when there is none of them.
    init?(_ headers: HTTPHeaders) {
        if let token = headers["Authorization"].flatMap(Self.bearerToken) {
            self = .apiKey(token)
        } else if let key = headers["X-API-Key"], !key.isEmpty {
            self = .apiKey(key)
        } else if let token = Self.cookie(in: headers) {
            self = .session(token: token)
        } else {
            return nil
        }
    }

    /// The token of `Bearer TOKEN`; the scheme's case does not matter (RFC 9110, section 11.1).
    private static func bearerToken(_ value: String) -> String? {
        let parts = value.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
        return parts[1].split(separator: " ").first.map(String.init)
    }

    private static func cookie(in headers: HTTPHeaders) -> String? {
        for pair in headers.values("Cookie").flatMap({ $0.split(separator: ";") }) {
            let parts = pair.split(separator: "=", maxSplits: 1)
            guard parts.count == 2, parts[0].drop(while: { $0 == " " }) == cookie, !parts[1].isEmpty else { continue }
            return String(parts[1])
        }
        return nil
    }
}
