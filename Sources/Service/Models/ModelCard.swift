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
            (1...100).contains(name.count), (1...40).contains(version.count)
        else { throw ServiceError(.invalid, "card-incomplete", "The model card needs the texts `name` and `version`.") }
        (self.name, self.version) = (name, version)
        sha256 = card["sha256"]?.stringValue
        let listed = card["output"]?["classes"]?.arrayValue?.compactMap(\.stringValue)
        classes = listed ?? Self.defaultClasses
        guard classes.count == max(2, outputs), Set(classes).count == classes.count else {
            throw ServiceError(
                .invalid, "card-classes", "The card names \(classes.count) classes; the model has \(outputs) outputs.")
        }
        // A number with a fraction arrives as its text.
        threshold =
            card["output"]?["threshold"]?.stringValue ?? card["output"]?["threshold"]?.integerValue.map(String.init)
            ?? "0.5"
        guard Probability.isValid(threshold) else { throw ServiceError(Rejection.thresholdInvalid) }
        limits = (card["limits"]?.arrayValue ?? []).compactMap(\.stringValue)
        pipeline = try Pipeline(inputShape: inputShape)
        if let declared = card["preprocessing"]?["id"]?.stringValue, declared != pipeline.id {
            throw ServiceError(
                .invalid, "preprocessing-unsupported",
                "The card declares the preprocessing '\(declared)'; this model's input is fed by '\(pipeline.id)'.")
        }
        digest = SHA256.hash(bytes)
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

    private static let defaultClasses = ["NORMAL", "PNEUMONIA"]
}
