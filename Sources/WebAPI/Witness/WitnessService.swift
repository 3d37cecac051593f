public import HTTPServer
import Ledger
public import Service
import Storage

/// A witness behind HTTP (C2SP tlog-witness): submission and monitoring below one prefix.
public final class WitnessService: Sendable {
    private let server: HTTPServer
    /// What verifies its cosignatures, as C2SP spells it.
    public let verifierKey: String

    /// Opens a witness' folder for the logs that a policy file names, and prepares to listen.
    ///
    /// `report` gets a line for what an operator should know of.
    ///
    /// - Throws: `policy-without-logs`, and what reading policy and folder throws.
    public init(
        folder: String, policy file: String, host: String, port: Int,
        report: @escaping @Sendable (String) -> Void = { _ in }
    ) throws(ServiceError) {
        let logs = try PolicyFile.read(file).logs.map(\.key)
        guard !logs.isEmpty else {
            throw ServiceError(.invalid, "policy-without-logs", "\(file) has no `log` line, so there is nothing to do.")
        }
        let cosigner = try WitnessIdentity.load(from: folder)
        verifierKey = cosigner.verifierKey.description
        let memory: WitnessFolder
        do { memory = try WitnessFolder(path: folder, cosigner: cosigner, keys: logs, now: SystemClock.now) } catch {
            throw ServiceError(error)
        }
        var configuration = HTTPServerConfiguration(host: host, port: port)
        configuration.bodyLimit = AddCheckpoint.maximumSize
        configuration.bufferedBodyBudget = 256 * AddCheckpoint.maximumSize
        configuration.strangersBodyBudget = 128 * AddCheckpoint.maximumSize
        configuration.receiveDeadline = .seconds(20)
        configuration.requestDeadline = .seconds(20)
        server = HTTPServer(configuration: configuration, handler: WitnessHandler(folder: memory, report: report))
    }

    /// Begins to listen.
    public func start() throws(HTTPServerError) { try server.start() }

    /// The port it listens on, 0 before it is started.
    public var port: Int { server.port }

    /// Accepts no more, answers what was accepted, then stops.
    public func stop(grace: Duration = .seconds(30)) async { await server.stop(grace: grace) }
}

/// The two resources of a witness.
struct WitnessHandler: HTTPHandler {
    private enum Resource { case submission, monitoring(String), other, nothing }

    let folder: WitnessFolder
    let report: @Sendable (String) -> Void

    func admit(_ head: HTTPRequestHead) -> HTTPAdmission {
        switch resource(head) {
        case .submission, .monitoring: .accept(bodyLimit: AddCheckpoint.maximumSize, isKnown: false)
        case .other: .refuse(text(405, "method not allowed"))
        case .nothing: .refuse(text(404, "not found"))
        }
    }

    func respond(to request: HTTPRequest) async -> HTTPResponse {
        do throws(StorageError) {
            switch resource(request.head) {
            case .submission: return answer(try await folder.add(request.body))
            case .monitoring(let hash):
                guard let note = try await folder.note(originHash: hash) else { return text(404, "never cosigned") }
                return HTTPResponse(
                    status: 200, headers: ["Content-Type": Self.plain, "Cache-Control": "no-cache"], body: .bytes(note))
            case .other, .nothing: return text(404, "not found")  // `admit` lets nothing of the kind pass
            }
        } catch {
            report("not cosigned: \(error.debugDescription)")
            return text(503, error.description)
        }
    }

    private static let plain = "text/plain; charset=utf-8"

    private func resource(_ head: HTTPRequestHead) -> Resource {
        switch head.pathSegments {
        case ["add-checkpoint"]: head.method == .post ? .submission : .other
        case let path where path.count == 2 && path[1] == "checkpoint":
            head.method == .get ? .monitoring(path[0]) : .other
        default: .nothing
        }
    }

    private func answer(_ answer: WitnessFolder.Answer) -> HTTPResponse {
        switch answer {
        case .cosigned(let signature): return text(200, signature.line)
        case .refused(let refusal):
            if refusal == .inconsistent {
                report("REFUSED: a log signed a tree that does not continue the one it showed")
            }
            let status = refusal.status
            switch refusal {
            case .malformed(let error): return text(status, "malformed request: \(error)")
            case .untrusted: return text(status, "no signature of a key that is trusted for this log")
            case .unknownLog: return text(status, "this log is not witnessed here")
            case .stale(let size):
                return HTTPResponse(status: status, contentType: "text/x.tlog.size", text: "\(size)\n")
            case .inconsistent: return text(status, "the proof does not lead from the tree that was cosigned last")
            }
        }
    }

    private func text(_ status: Int, _ line: String) -> HTTPResponse {
        HTTPResponse(status: status, contentType: Self.plain, text: line + "\n")
    }
}
