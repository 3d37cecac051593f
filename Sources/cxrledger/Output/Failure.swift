import HTTPClient
import HTTPServer
import Service
import Storage

/// Why a command did not do what was asked: a stable code, a sentence for people, and the exit code.
struct Failure: Error, Equatable {
    let code: String
    /// Says what to do.
    let sentence: String
    var exit = ExitStatus.failed
    /// The command whose help leads on.
    var help: [String]?
    /// Trying again after so many seconds may help.
    var retryAfterSeconds: Int?

    init(_ code: String, _ sentence: String, exit: ExitStatus = .failed) {
        (self.code, self.sentence, self.exit) = (code, sentence, exit)
    }

    /// The call was written wrongly.
    static func usage(_ sentence: String, help: [String]? = nil) -> Failure {
        var failure = Failure("usage", sentence, exit: .misused)
        failure.help = help
        return failure
    }

    /// A command of the replaced service that this one does not have.
    static func outOfScope(_ sentence: String) -> Failure { Failure("out-of-scope", sentence, exit: .outOfScope) }

    /// The document that programs read on standard error.
    var document: Document {
        Document(
            code: code, detail: sentence, exit: exit.rawValue,
            help: help.map { (["cxrledger", "help"] + $0).joined(separator: " ") },
            retryAfterSeconds: retryAfterSeconds)
    }

    struct Document: Encodable {
        let code: String
        let detail: String
        let exit: Int32
        let help: String?
        let retryAfterSeconds: Int?
    }

    /// Whatever a module threw.
    init(_ error: any Error) {
        switch error {
        case let failure as Failure: self = failure
        case let error as ServiceError:
            // Who runs the program on the store knows its address; over HTTP nobody is told.
            let reason = error.cause.flatMap { cause in
                cause.firstRange(of: StorageError.noConnection).map { cause[$0.upperBound...] }
            }
            self.init(error.code, reason.map { "The database cannot be reached: \($0)" } ?? error.detail)
            if case .overloaded(let seconds) = error.kind { retryAfterSeconds = seconds }
        case let error as SettingsError: self.init("settings", error.description, exit: .misused)
        case let error as HTTPClientError: self.init("server-\(error.code.rawValue)", error.description)
        case let error as HTTPServerError:
            let isPort = [.portInUse, .permissionDenied].contains(error.code)
            self.init("listen-\(error.code.rawValue)", error.description + (isPort ? " Example: API_PORT=8001" : ""))
        case is CancellationError: self.init("cancelled", "The command was cancelled.")
        default: self.init("unexpected", String(describing: error))
        }
    }
}

/// What the process says when it ends.
struct ExitStatus: RawRepresentable, Hashable, Sendable, CaseIterable {
    let rawValue: Int32

    static let done = ExitStatus(rawValue: 0)
    static let failed = ExitStatus(rawValue: 1)
    static let misused = ExitStatus(rawValue: 2)
    static let outOfScope = ExitStatus(rawValue: 3)

    /// Those that every command may end with; `verify-export` has more, which its own help names.
    static let allCases: [ExitStatus] = [.done, .failed, .misused, .outOfScope]

    /// As the help says it.
    var meaning: String {
        switch self {
        case .done: "done"
        case .failed: "failed, refused, or something was found"
        case .misused: "misused: unknown command, flag or setting"
        case .outOfScope: "a command of the replaced service that is not in this version"
        default: "what the help of the command says"
        }
    }
}
