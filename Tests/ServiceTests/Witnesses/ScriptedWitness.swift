import Concurrency
import Crypto
import HTTPServer
import Ledger

/// A witness on a free port that follows the rules, unless it was told to do something else.
final class ScriptedWitness: HTTPHandler {
    /// What it does with the next requests.
    enum Conduct: Sendable {
        case honest
        /// Answers with this status and text.
        case status(Int, String = "no\n")
        /// Names this size, whatever it was asked.
        case names(UInt64)
        /// Cosigns with a key of its own.
        case forges
        /// Answers after a while.
        case slow(Duration)
    }

    let cosigner: Cosigner
    let conduct = Locked(Conduct.honest)
    /// The last checkpoint that was cosigned, and all requests.
    let cosigned = Locked<Checkpoint?>(nil)
    let requests = Locked<[AddCheckpoint]>([])
    private let log: VerifierKey
    private let server = Locked<HTTPServer?>(nil)

    init(_ name: String, of log: VerifierKey) throws {
        cosigner = Cosigner(name: name, key: .generate())
        self.log = log
        let server = HTTPServer(configuration: HTTPServerConfiguration(), handler: self)
        try server.start()
        self.server.withLock { $0 = server }
    }

    var url: String { "http://127.0.0.1:\(server.withLock { $0?.port ?? 0 })/prefix/" }

    func stop() async { await server.withLock { $0 }?.stop(grace: .zero) }

    func respond(to request: HTTPRequest) async -> HTTPResponse {
        guard request.path == "/prefix/add-checkpoint", request.method == .post,
            let body = try? AddCheckpoint(parsing: request.body)
        else { return HTTPResponse(status: 400) }
        requests.withLock { $0.append(body) }
        switch conduct.withLock({ $0 }) {
        case .honest: return answer(body, by: cosigner)
        case .status(let status, let text): return HTTPResponse(status: status, contentType: "text/plain", text: text)
        case .names(let size): return Self.conflict(size)
        case .forges: return answer(body, by: Cosigner(name: cosigner.name, key: .generate()))
        case .slow(let time):
            try? await Task.sleep(for: time)
            return answer(body, by: cosigner)
        }
    }

    private static func conflict(_ size: UInt64) -> HTTPResponse {
        HTTPResponse(status: 409, contentType: "text/x.tlog.size", text: "\(size)\n")
    }

    private func answer(_ body: AddCheckpoint, by cosigner: Cosigner) -> HTTPResponse {
        cosigned.withLock { last in
            switch WitnessDecision(body, keys: [log], cosigned: { _ in last }) {
            case .cosign(let checkpoint, let note):
                last = checkpoint
                let line = cosigner.sign(note.text, time: 1_700_000_000).line
                // Lines of strangers are to be ignored.
                let other = Cosigner(name: "other.example", key: .generate()).sign(note.text, time: 1).line
                return HTTPResponse(status: 200, contentType: "text/plain", text: "\(other)\n\(line)\n")
            case .refuse(.stale(let size)): return Self.conflict(size)
            case .refuse(let refusal): return HTTPResponse(status: refusal.status)
            }
        }
    }
}
