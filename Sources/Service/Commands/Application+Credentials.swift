public import Records

extension Application {
    /// Every credential, without secrets.
    public func credentials(_ context: RequestContext) async throws(ServiceError) -> [CredentialView] {
        try await require(.credentialRead, for: "credentials", context)
        let state = try await control.current().credentials
        return state.order.compactMap { state.credentials[$0] }.map {
            CredentialView(
                id: $0.id, name: $0.name, role: $0.role.rawValue, state: $0.isRevoked ? "revoked" : "active",
                bootstrap: $0.isBootstrap)
        }
    }

    /// Gives out a new API key; the log keeps its digest.
    public func issue(role: Role, name: String, _ context: RequestContext) async throws(ServiceError)
        -> IssuedCredential
    {
        try await require(.credentialIssue, for: "credentials issue", context)
        let key = APIKey.make()
        let issued = CredentialIssued(
            credential: key.credential, name: name, role: role, digest: key.digest, bootstrap: false)
        _ = try await command(context) { state throws(Rejection) in
            try Credentials.decide(.issue(issued), in: state.credentials).map { ("credential/\(key.credential)", $0) }
        }
        return IssuedCredential(id: key.credential, role: role.rawValue, name: name, key: key.text)
    }

    /// Replaces a key; the old one ends with the acknowledgement.
    ///
    /// Nobody comes by the key of a role wider than their own.
    public func rotate(_ id: String, _ context: RequestContext) async throws(ServiceError) -> IssuedCredential {
        try await require(.credentialRotate, for: "credentials rotate", context)
        let (key, role) = (APIKey.make(for: id), context.principal.role)
        _ = try await command(context) { state throws(Rejection) in
            try Credentials.decide(.rotate(credential: id, digest: key.digest, by: role), in: state.credentials)
                .map { ("credential/\(id)", $0) }
        }
        let credential = try await control.current().credentials.credentials[id]
        return IssuedCredential(
            id: id, role: credential?.role.rawValue ?? "", name: credential?.name ?? "", key: key.text)
    }

    /// Ends a credential for good.
    public func revoke(_ id: String, reason: String, _ context: RequestContext) async throws(ServiceError) {
        try await require(.credentialRevoke, for: "credentials revoke", context)
        _ = try await command(context) { state throws(Rejection) in
            try Credentials.decide(.revoke(credential: id, reason: reason), in: state.credentials)
                .map { ("credential/\(id)", $0) }
        }
    }
}
