import CanonicalJSON
import Crypto
import Records

/// What the card beside a model file says: how to feed the model, and what it must not be used for.
struct ModelCard: Sendable {
    let name: String
    let version: String
    /// The SHA-256 of the model file that the card was written for.
    let sha256: String?
    let classes: [String]
    let threshold: String
    let limits: [String]
    let pipeline: Pipeline
    let digest: Digest

    /// Reads a card for a model of the given input shape.
    init(_ bytes: [UInt8], inputShape: [Int], outputs: Int) throws(ServiceError) {
        guard bytes.count <= 1 << 20, let card = try? JSONValue.parseRelaxed(bytes), case .object = card else {
            throw ServiceError(.invalid, "card-malformed", "The model card is no JSON object of at most 1 MiB.")
        }
        guard let name = card["name"]?.stringValue, let version = card["version"]?.stringValue,
            Self.isText(name, upTo: 100), Self.isText(version, upTo: 40)
        else {
            throw ServiceError(
                .invalid, "card-incomplete", "The model card needs the texts `name` (1 to 100) and `version` (1 to 40)."
            )
        }
        (self.name, self.version) = (name, version)
        sha256 = card["sha256"]?.stringValue
        guard card["sha256"] == nil || sha256.flatMap({ Digest(hex: $0) }) != nil else {
            throw ServiceError(.invalid, "card-malformed", "`sha256` of the model card is not 64 hex digits.")
        }
        let listed = card["output"]?["classes"]?.arrayValue?.compactMap(\.stringValue)
        classes = listed ?? Self.defaultClasses
        try Self.check(classes, outputs: outputs)
        // A number with a fraction arrives as its text.
        let written =
            card["output"]?["threshold"]?.stringValue ?? card["output"]?["threshold"]?.integerValue.map(String.init)
            ?? "0.5"
        guard let threshold = Probability.threshold(written) else { throw ServiceError(Rejection.thresholdInvalid) }
        self.threshold = threshold
        limits = (card["limits"]?.arrayValue ?? []).compactMap(\.stringValue)
        guard limits.allSatisfy({ Self.isText($0, upTo: 2_000) }), limits.count <= 20 else {
            throw ServiceError(.invalid, "card-malformed", "The model card has at most 20 `limits` of 2000 characters.")
        }
        pipeline = try Pipeline(inputShape: inputShape)
        if let declared = card["preprocessing"]?["id"]?.stringValue, declared != pipeline.id {
            throw ServiceError(
                .invalid, "preprocessing-unsupported",
                "The card declares another preprocessing than '\(pipeline.id)', by which this model's input is fed.")
        }
        digest = SHA256.hash(bytes)
    }

    /// Classes are told apart, there are as many as the outputs need, and of two one is what everybody looks for.
    ///
    /// One output is the probability of the second class, which has to be that one.
    private static func check(_ classes: [String], outputs: Int) throws(ServiceError) {
        guard classes.count == max(2, outputs), Set(classes).count == classes.count,
            classes.allSatisfy({ isText($0, upTo: 100) })
        else {
            throw ServiceError(
                .invalid, "card-classes", "The card names \(classes.count) classes; the model has \(outputs) outputs.")
        }
        let place = classes.firstIndex(of: Verdict.finding)
        guard classes.count > 2 || place != nil, outputs > 1 || place == 1 else {
            throw ServiceError(
                .invalid, "card-classes",
                "Of two classes one is \(Verdict.finding); of a model with one output it is the second.")
        }
    }

    /// Whether a text is there, not too long, and without control characters.
    private static func isText(_ text: String, upTo limit: Int) -> Bool {
        (1...limit).contains(text.unicodeScalars.count)
            && text.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
    }

    /// The card of a model that came without one: the file's name, two classes, and a caution.
    static func standIn(fileName: String, inputShape: [Int], outputs: Int) throws(ServiceError) -> ModelCard {
        let stem =
            fileName.split(separator: "/").last.map { $0.split(separator: ".").first.map(String.init) ?? "model" }
            ?? "model"
        let classes: [JSONValue] =
            outputs <= 2 ? defaultClasses.map { .string($0) } : (0..<outputs).map { .string("CLASS_\($0)") }
        let card = JSONValue.object([
            "name": .string(stem.isEmpty ? "model" : String(stem.prefix(100))), "version": .string("1"),
            "limits": .array([
                .string("This model came without a card: nothing is known of its limits. Not for clinical use.")
            ]),
            "output": .object(["classes": .array(classes)]),
        ])
        return try ModelCard(card.canonicalBytes(), inputShape: inputShape, outputs: outputs)
    }

    private static let defaultClasses = ["NORMAL", Verdict.finding]
}
