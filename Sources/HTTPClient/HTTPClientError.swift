/// Why a request to another server brought no answer.
///
/// Branch on `code`, print `description`, log `debugDescription`.
public struct HTTPClientError: Error, Equatable, CustomStringConvertible, CustomDebugStringConvertible {
    /// What went wrong.
    public enum Code: String, Sendable {
        case invalidRequest = "invalid_request"
        case unreachable
        case untrusted
        case timedOut = "timed_out"
        case responseTooLarge = "response_too_large"
        case cancelled
        case broken
    }
    /// What went wrong, for programs.
    public let code: Code
    private let detail: String

    /// Creates an error; the detail is for the log.
    public init(_ code: Code, _ detail: String = "") { (self.code, self.detail) = (code, detail) }

    /// What went wrong, for people.
    public var description: String {
        switch code {
        case .invalidRequest: "The request cannot be sent: check its address, method and header fields."
        case .unreachable: "The server cannot be reached."
        case .untrusted: "The server's certificate cannot be trusted."
        case .timedOut: "The server did not answer in time."
        case .responseTooLarge: "The server's answer is larger than allowed."
        case .cancelled: "The request was cancelled."
        case .broken: "The connection broke before the answer was complete."
        }
    }

    /// What went wrong, with the detail.
    public var debugDescription: String { "\(code.rawValue): \(detail)" }

    /// Compares by code.
    public static func == (left: Self, right: Self) -> Bool { left.code == right.code }
}
