import Service

/// `health`: how the store, or a service, is.
enum Health: Command {
    static let definition = CommandDefinition(
        words: ["health"], section: .operations, summary: "Say whether the store, or a service, is well",
        discussion: """
            Without --server the store itself is looked at, whether or not a service runs on it. `all` asks for full \
            health, `readiness` for whether requests can be answered, `liveness` for whether there is an answer at all.
            """,
        flags: [Flag("check", "KIND", "what to ask", choices: HealthCheck.allCases.map(\.rawValue))],
        examples: ["cxrledger health", "cxrledger health --check readiness --server http://localhost:8000"],
        exits: "0 healthy, ready or alive, 1 not")

    static func run(_ invocation: Invocation) async throws -> ExitStatus {
        let console = invocation.console
        let check = invocation.arguments.value("check").flatMap(HealthCheck.init) ?? .all
        let health = try await invocation.access().health(check)
        try console.show(health) {
            let rows = health.checks.sorted { $0.key < $1.key }.map { name, check -> [TextTable.Cell] in
                [.init(name), .init(check.status, check.status == "healthy" ? .good : .bad), .init(check.message)]
            }
            return TextTable(["CHECK", "STATUS", "WHAT"], rows).text(console)
                + "\n\n" + console.paint(Printable.text(health.status), health.status == "healthy" ? .good : .bad)
        }
        return switch check {
        case .all: health.status == "healthy" ? .done : .failed
        case .readiness: isReady(health) ? .done : .failed
        case .liveness: .done
        }
    }

    /// Whether requests of every kind can be answered, as /health/ready judges it.
    private static func isReady(_ health: HealthView) -> Bool {
        health.healthy && health.modelStatus.loaded && health.checks["lock"]?.status == "healthy"
    }
}
