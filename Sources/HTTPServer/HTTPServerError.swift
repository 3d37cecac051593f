/// Why a server could not start.
///
/// Branch on `code`, print `description`, log `debugDescription`.
public struct HTTPServerError: Error, Equatable, CustomStringConvertible, CustomDebugStringConvertible {
    /// What went wrong.
    public enum Code: String, Sendable {
        case portInUse = "port_in_use"
        case permissionDenied = "permission_denied"
        case addressUnavailable = "address_unavailable"
        case alreadyStarted = "already_started"
        case unavailable
    }
    /// What went wrong, for programs.
    public let code: Code
    private let detail: String

    /// Creates an error; the detail is for the log.
    public init(_ code: Code, _ detail: String = "") { (self.code, self.detail) = (code, detail) }

    /// What went wrong, for people.
    public var description: String {
        switch code {
        case .portInUse: "The port is in use by another process; stop that process or choose another port."
        case .permissionDenied: "The process may not listen on this port; choose one above 1023."
        case .addressUnavailable: "The host does not name an address of this machine."
        case .alreadyStarted: "The server was started before; a server starts once."
        case .unavailable: "The server could not start."
        }
    }

    /// What went wrong, with the detail.
    public var debugDescription: String { "\(code.rawValue): \(detail)" }

    /// Compares by code.
    public static func == (left: Self, right: Self) -> Bool { left.code == right.code }
}
