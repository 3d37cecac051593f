import Service

/// `reproduce`: recorded predictions computed again from what was stored.
enum Reproduce: Command {
    static let definition = CommandDefinition(
        words: ["reproduce"], section: .predictions, summary: "Compute recorded predictions again and compare the bits",
        discussion: """
            Opens the sealed picture, loads the model that the event names by digest, and runs it. Every score must have \
            the same bits as the recorded one. Each comparison is recorded as an event.
            """,
        operands: [.init(name: "ID", isRepeated: true, isOptional: true)],
        flags: [Flag("all", nil, "every recorded prediction")],
        examples: ["cxrledger reproduce 0199b1c2-7d3e-7a10-9c55-0123456789ab", "cxrledger reproduce --all --json"],
        exits: "0 the same bits, 1 others, or one that could not be computed")

    /// One prediction's comparison.
    struct Line: Encodable {
        let id: String
        let view: ReproductionView?
        let failure: Failure?

        private enum Key: String, CodingKey { case id, code, detail }

        func encode(to encoder: any Encoder) throws {
            if let view { return try view.encode(to: encoder) }
            var container = encoder.container(keyedBy: Key.self)
            try container.encode(id, forKey: .id)
            try container.encode(failure?.code, forKey: .code)
            try container.encode(failure?.sentence, forKey: .detail)
        }
    }

    private struct Report: Encodable {
        let same: Int
        let different: Int
        let failed: Int
        let predictions: [Line]
    }

    static func run(_ invocation: Invocation) async throws -> ExitStatus {
        let (arguments, console) = (invocation.arguments, invocation.console)
        guard arguments.has("all") == arguments.operands.isEmpty else {
            throw Failure.usage("Name predictions by their ids, or say --all.", help: ["reproduce"])
        }
        let access = try await invocation.access()
        let ids = arguments.has("all") ? try await all(access) : arguments.operands
        let bar = ProgressBar("reproducing", console)
        var lines: [Line] = []
        for id in ids {
            do {
                let view = try await access.reproduce(id)
                lines.append(Line(id: id, view: view, failure: nil))
            } catch { lines.append(Line(id: id, view: nil, failure: Failure(error))) }
            if ids.count > 1 { bar.advance(of: UInt64(ids.count)) }
        }
        bar.finish()
        let same = lines.count { $0.view?.same == true }
        let failed = lines.count { $0.view == nil }
        let report = Report(same: same, different: lines.count - same - failed, failed: failed, predictions: lines)
        try console.show(report) { text(report, console) }
        return same == lines.count ? .done : .failed
    }

    private static func text(_ report: Report, _ console: Console) -> String {
        let rows = report.predictions.map { line -> [TextTable.Cell] in
            guard let view = line.view else {
                return [.init(line.id), .init("failed", .bad), .init(line.failure?.sentence ?? "")]
            }
            let recorded = view.recorded.joined(separator: " ")
            guard !view.same else { return [.init(line.id), .init("same bits", .good), .init(recorded)] }
            let computed = view.computed.joined(separator: " ")
            return [.init(line.id), .init("DIFFERENT", .bad), .init("\(recorded) recorded, \(computed) computed")]
        }
        return TextTable(["ID", "RESULT", "SCORES"], rows).text(console)
            + "\n\(report.same) the same, \(report.different) different, \(report.failed) failed"
    }

    /// The ids of every prediction, oldest first.
    private static func all(_ access: any LedgerAccess) async throws -> [String] {
        var filter = PredictionFilter()
        filter.limit = 500
        var ids: [String] = []
        repeat {
            let page = try await access.predictions(filter)
            ids += page.predictions.map(\.id)
            filter.cursor = page.next
        } while filter.cursor != nil
        return ids.reversed()
    }
}
