import Records
import Service

/// Predictions as people read them.
enum PredictionText {
    typealias Cell = TextTable.Cell

    /// What was predicted, with its evidence.
    static func result(_ view: PredictionView, _ console: Console) -> String {
        let text = TextTable.fields(
            [
                ("prediction", label(view)),
                ("probability", "\(view.probability) of PNEUMONIA, threshold \(view.threshold)"),
                ("model", "\(view.model.name) \(view.model.version) (\(view.model.digest.prefix(12)))"),
                ("id", Cell(view.id)), ("index", "\(view.index)"), ("entry hash", Cell(view.entryHash)),
                ("evidence", view.level.map { Cell($0, .good) }), ("recorded", Cell(view.recordedAt)),
                ("cached", view.cached ? "the score of an equal picture was used" : nil),
            ], console)
        return text + (view.limits.map { $0.isEmpty ? "" : "\n\n" + limits($0) } ?? "")
    }

    /// Everything about a prediction, for those who may see it.
    static func detail(_ view: PredictionView, _ console: Console) -> String {
        let picture = "\(view.image.format), \(view.image.width) × \(view.image.height), \(view.image.bytes) bytes"
        var text = TextTable.fields(
            [
                ("prediction", label(view)),
                ("probability", "\(view.probability) of PNEUMONIA, threshold \(view.threshold)"),
                ("review", view.review.map { Cell("\($0.verdict), \($0.label), by \($0.reviewer)") }),
                ("reason", view.review?.reason.map { Cell($0) }), ("patient", view.patient.map { Cell($0) }),
                ("subject", Cell(view.subject)), ("file", view.fileName.map { Cell($0) }), ("picture", Cell(picture)),
                ("model", "\(view.model.name) \(view.model.version)"), ("model digest", Cell(view.model.digest)),
                ("preprocessing", Cell(view.preprocessing.id)), ("id", Cell(view.id)), ("index", "\(view.index)"),
                ("event", Cell(view.eventId)), ("entry hash", Cell(view.entryHash)),
                ("evidence", view.level.map { Cell($0, .good) }), ("recorded", Cell(view.recordedAt)),
                ("by", Cell(view.actor)), ("took", "\(view.durationMs) ms"),
            ], console)
        if let history = view.history, !history.isEmpty {
            let rows = history.map { line -> [Cell] in
                [
                    "\(line.index)", Cell(Times.short(line.recordedAt)), Cell(line.type), Cell(line.actor),
                    Cell(line.outcome),
                ]
            }
            let table = TextTable([.init(number: "INDEX"), "RECORDED", "EVENT", "ACTOR", "OUTCOME"], rows)
            text += "\n\n" + table.text(console)
        }
        return text + (view.limits.map { $0.isEmpty ? "" : "\n\n" + limits($0) } ?? "")
    }

    /// Predictions with the files they were made from.
    static func table(_ lines: [(file: String, view: PredictionView)], _ console: Console) -> String {
        let rows = lines.map { file, view -> [Cell] in
            [Cell(file), label(view), "\(view.probability)", "\(view.index)", Cell(view.id)]
        }
        return TextTable(
            ["FILE", "PREDICTION", .init(number: "PROBABILITY"), .init(number: "INDEX"), "ID"], rows
        ).text(console)
    }

    /// A page of the list.
    static func table(_ views: [PredictionView], _ console: Console) -> String {
        let rows = views.map { view -> [Cell] in
            let review = view.review.map { $0.verdict == "agree" ? "agreed" : "overridden: \($0.label)" } ?? "-"
            return [
                "\(view.index)", Cell(Times.short(view.recordedAt)), label(view), "\(view.probability)",
                "\(view.model.name) \(view.model.version)", Cell(review), Cell(view.id),
            ]
        }
        return TextTable(
            [.init(number: "INDEX"), "RECORDED", "PREDICTION", .init(number: "PROBABILITY"), "MODEL", "REVIEW", "ID"],
            rows
        ).text(console)
    }

    /// What the model must not be used for.
    static func limits(_ limits: [String]) -> String {
        "Limits of the model:\n" + limits.map { "  - \(Printable.text($0))" }.joined(separator: "\n")
    }

    private static func label(_ view: PredictionView) -> Cell {
        Cell(view.prediction, view.prediction == "PNEUMONIA" ? .bad : .plain)
    }
}
