import Service

/// The outcomes of several pictures as one JSON document.
struct PredictionBatch: Encodable {
    /// A prediction with the file it was made from.
    struct Line: Encodable {
        private enum Key: String, CodingKey { case file }
        let file: String
        let view: PredictionView

        func encode(to encoder: any Encoder) throws {
            try view.encode(to: encoder)
            var container = encoder.container(keyedBy: Key.self)
            try container.encode(file, forKey: .file)
        }
    }

    /// A picture that was not predicted.
    struct Refusal: Encodable {
        let file: String
        let code: String
        let detail: String
    }

    var predictions: [Line] = []
    var refused: [Refusal] = []

    init(_ outcomes: [Predict.Outcome]) {
        for outcome in outcomes {
            switch outcome.result {
            case .success(let view): predictions.append(Line(file: outcome.file, view: view))
            case .failure(let failure):
                refused.append(Refusal(file: outcome.file, code: failure.code, detail: failure.sentence))
            }
        }
    }
}
