package import Ledger

/// The file that TLOG_POLICY names.
public enum PolicyFile {
    /// Says whether a file is a policy.
    ///
    /// - Throws: as `read` does.
    public static func check(_ path: String) throws(ServiceError) { _ = try read(path) }

    /// Reads a policy.
    ///
    /// - Throws: `policy-missing`, or `policy-invalid` with the line that breaks a rule.
    package static func read(_ path: String) throws(ServiceError) -> Policy {
        guard let octets = try SmallFile.read(path, limit: Policy.maximumSize) else {
            throw ServiceError(.notFound, "policy-missing", "There is no policy file \(path).")
        }
        do { return try Policy(parsing: octets) } catch {
            throw ServiceError(.invalid, "policy-invalid", "\(path) is no policy: \(error.detail).")
        }
    }
}
