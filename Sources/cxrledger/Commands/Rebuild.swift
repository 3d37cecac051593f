import Service
import Storage

/// `rebuild`: the lists, folded again from the log.
enum Rebuild: Command {
    static let definition = CommandDefinition(
        words: ["rebuild"], section: .operations, summary: "Fold the log again into fresh lists and swap them in",
        discussion: """
            The lists of predictions and of what happened are folds of the log. This folds them again beside the live ones \
            and swaps them in when they have caught up; the service goes on meanwhile. Each list is reported with a digest \
            of its rows, by which two copies of a log can be compared. Without names all are rebuilt. Interrupted \
            (Ctrl-C), it ends at once and leaves the live ones as they are.
            """,
        operands: [.init(name: "LIST", isRepeated: true, isOptional: true)],
        examples: ["cxrledger rebuild", "cxrledger rebuild predictions --json"], reach: .store)

    private struct Report: Encodable { let projections: [ProjectionReport] }

    static func run(_ invocation: Invocation) async throws -> ExitStatus {
        let console = invocation.console
        if try Invocation.backend(invocation.settingsOfExistingStore()).discardDamagedProjections() {
            console.note("note: the lists were damaged; they are made from nothing.")
        }
        let access = try await invocation.local()
        let bar = ProgressBar("rebuilding", console)
        defer { bar.finish() }
        let names = invocation.arguments.operands
        let rebuilding = Task {
            try await access.application.rebuild(only: names.isEmpty ? nil : Set(names)) { _, position, size in
                bar.show(position, of: size)
            }
        }
        let signals = StopSignals()
        let watching = Task {
            _ = await signals.first()
            rebuilding.cancel()
        }
        defer { watching.cancel() }
        let projections: [ProjectionReport]
        do { projections = try await rebuilding.value } catch {
            guard rebuilding.isCancelled else { throw error }
            throw Failure("cancelled", "The rebuild was cancelled; the lists are as they were.")
        }
        bar.finish()
        try console.show(Report(projections: projections)) { ProjectionText.table(projections, console) }
        return .done
    }
}
