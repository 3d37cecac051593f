import Service
import WebAPI

/// `witness`: cosign the checkpoints of logs, for a machine that is not theirs.
enum Witness: Command {
    static let definition = CommandDefinition(
        words: ["witness"], section: .operations, summary: "Cosign the checkpoints of logs, on a machine of its own",
        discussion: """
            Remembers the last checkpoint of each log and cosigns only what continues it, so that a log cannot show one \
            history here and another there (C2SP tlog-witness). Run it where the log's operators have no access.

            First `--init` makes a key in the folder and prints the witness' verifier key, for the policy of those who \
            rely on it. Then run it with a policy file that has a `log` line for each log; put a proxy with TLS before it. \
            Never bring the folder back from a backup: a witness that forgets lets a log do so too. If it is lost, make a \
            new one under another name.
            """,
        flags: [
            Flag("folder", "FOLDER", "where key and memory of the witness lie", isRequired: true),
            Flag("init", nil, "make the folder, print the verifier key, and end"),
            Flag("name", "NAME", "with --init: the witness' name, by custom its address without https://"),
            Flag("policy", "FILE", "a C2SP tlog-policy file whose `log` lines name the logs"),
        ],
        examples: [
            "cxrledger witness --init --folder /var/lib/witness --name witness.example/1",
            "cxrledger witness --folder /var/lib/witness --policy logs.policy --host 0.0.0.0 --port 8100",
        ],
        reach: .nothing, exits: "0 made, or stopped by a signal, 1 could not start")

    static func run(_ invocation: Invocation) async throws -> ExitStatus {
        let (arguments, console) = (invocation.arguments, invocation.console)
        guard let folder = arguments.value("folder") else {
            throw Failure.usage("`witness` needs --folder.", help: ["witness"])
        }
        if arguments.has("init") {
            guard let name = arguments.value("name") else {
                throw Failure.usage("`witness --init` needs --name.", help: ["witness"])
            }
            let key = try WitnessIdentity.create(in: folder, name: name)
            try console.show(["vkey": key]) { key }
            return .done
        }
        guard let file = arguments.value("policy") else {
            throw Failure.usage("`witness` needs --policy, which names the logs.", help: ["witness"])
        }
        let settings = try invocation.settings()
        let signals = StopSignals()
        let service = try WitnessService(folder: folder, policy: file, host: settings.host, port: settings.port) {
            console.warn($0)
        }
        try service.start()
        console.print("witness \(service.verifierKey)")
        let host = settings.host.contains(":") ? "[\(settings.host)]" : settings.host
        console.print("listening on http://\(host):\(service.port)")
        let name = await signals.first()
        console.note("\(name): finishing what was accepted; a second signal ends the process at once")
        await service.stop(grace: .seconds(10))
        return .done
    }
}
