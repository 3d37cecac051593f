import Concurrency
import Ledger
import Records

extension Application {
    /// Establishes who holds a key.
    ///
    /// - Throws: `.unauthenticated` for any key that does not open the door now; the refusal is an event.
    public func authenticate(key: String, from source: RequestSource) async throws(ServiceError) -> RequestContext {
        try await authenticate(digest: APIKey.digest(key), session: nil, source)
    }

    /// Establishes who is signed in at the page.
    public func authenticate(
        sessionToken: String, from source: RequestSource
    ) async throws(ServiceError) -> (context: RequestContext, csrf: String) {
        guard let session = sessions.session(token: sessionToken) else {
            throw Self.sessionEnded
        }
        return (try await authenticate(digest: session.keyDigest, session: session.id, source), session.csrf)
    }

    /// Whether a key opened the door when it was last looked: a guess without waiting, for deciding how much to hold of a
    /// request before it is authenticated.
    public func recognises(key: String) -> Bool {
        if control.known.credentials.credential(digest: APIKey.digest(key)) != nil { return true }
        // It may have been issued elsewhere a moment ago: known the next time.
        let control = control
        Task { _ = try? await control.current() }
        return false
    }

    /// The same, for somebody who is signed in at the page.
    public func recognises(sessionToken: String) -> Bool { sessions.session(token: sessionToken) != nil }

    /// Signs in at the page and answers with the cookie's token.
    public func signIn(key: String, from source: RequestSource) async throws(ServiceError) -> String {
        var context = try await authenticate(key: key, from: source)
        let (token, session) = sessions.open(keyDigest: APIKey.digest(key))
        context.principal.session = session.id
        // Reading goes on when the log takes no appends.
        _ = try? await note(
            .loginSucceeded(.init(credential: context.principal.credential ?? "")), in: "security", context)
        return token
    }

    /// Signs out of the page.
    public func signOut(token: String, _ context: RequestContext) async {
        sessions.close(token: token)
        _ = try? await note(.logout(.init(credential: context.principal.credential ?? "")), in: "security", context)
    }

    /// Refuses a request without any key; not an event, since nothing was tried.
    public static let keyMissing = ServiceError(
        .unauthenticated, "key-missing", "Send your API key as `Authorization: Bearer cxr_…`.")

    private func authenticate(
        digest: String, session: String?, _ source: RequestSource
    ) async throws(ServiceError) -> RequestContext {
        let state = try await control.current()
        if let credential = state.credentials.credential(digest: digest) {
            let principal = Principal(
                id: credential.id, kind: .human, name: credential.name, role: credential.role,
                credential: credential.id, keyDigest: digest, session: session)
            return RequestContext(principal, from: source)
        }
        await countRefusal(of: state.credentials.formerOwner(digest: digest), source)
        throw ServiceError(
            .unauthenticated, "key-refused",
            "This API key is not known, or was rotated or revoked; ask an administrator.")
    }

    /// Counts a refused key, and records what is due.
    private func countRefusal(of credential: String?, _ source: RequestSource) async {
        metrics.count("cxrledger_authentication_failed_total", "Keys that were refused.")
        guard let summary = failures.add(address: source.address, credential: credential) else { return }
        await recordFailure(summary, source)
    }

    /// Records what the ended windows of refused keys counted.
    func recordEndedFailures(all: Bool = false) async {
        for summary in failures.ended(all: all) {
            var source = RequestSource(correlation: Identifiers.uuid(at: now()))
            source.address = summary.origin.network.isEmpty ? nil : summary.origin.network
            await recordFailure(summary, source)
        }
    }

    private func recordFailure(_ summary: AuthenticationFailures.Summary, _ source: RequestSource) async {
        let credential = summary.origin.credential
        let event = AuthenticationFailed(
            reason: credential == nil ? "unknown key" : "former key", count: summary.count,
            window: AuthenticationFailures.seconds, credential: credential)
        journal?.write(.warning, "unauthorized: key refused", ["count": String(summary.count)])
        _ = try? await note(
            .authenticationFailed(event), in: "security", RequestContext(.system, from: source),
            .init(.minor, because: "key-refused"))
    }

    /// Refuses, with an event, a changing request that has a sign-in's cookie and not its token: it may be another site's.
    public func refuseOtherSite(_ method: String, _ context: RequestContext) async -> ServiceError {
        let event = Event.authorizationDenied(.init(permission: "csrf", operation: method))
        // Refused all the same when the log is read-only.
        _ = try? await note(event, in: "security", context, .init(.minor, because: "csrf-refused"))
        return ServiceError(
            .forbidden, "csrf-refused", "Send the token of GET /session as `X-CXR-CSRF`; reload the page.")
    }

    /// A credential that was revoked or rotated after the request began ends the request's right to change anything.
    func authorized(_ context: RequestContext, in state: ControlState) async throws(ServiceError) {
        guard let id = context.principal.credential, !holdsKey(context, in: state) else { return }
        await countRefusal(of: id, context.source)
        throw Self.keyLost
    }

    /// Whether the credential that a request began with still opens the door, with the same role.
    func holdsKey(_ context: RequestContext, in state: ControlState) -> Bool {
        let principal = context.principal
        guard let id = principal.credential else { return true }
        guard let credential = state.credentials.credentials[id] else { return false }
        return !credential.isRevoked && credential.role == principal.role
            && (principal.keyDigest == nil || principal.keyDigest == credential.digest)
    }

    static let keyLost = ServiceError(
        .unauthenticated, "key-refused", "This API key was rotated or revoked in the meantime; ask an administrator.")

    static let sessionEnded = ServiceError(
        .unauthenticated, "session-ended", "Your session has ended; sign in again.")
}
