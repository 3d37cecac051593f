/// One picture to be judged.
public struct PredictionRequest: Sendable {
    public let image: [UInt8]
    /// The patient's id as the hospital writes it; it is sealed before anything is stored.
    public let patient: String?
    public let fileName: String?
    public let idempotencyKey: String?

    public init(image: [UInt8], patient: String? = nil, fileName: String? = nil, idempotencyKey: String? = nil) {
        (self.image, self.patient) = (image, patient.flatMap(Self.trimmed))
        (self.fileName, self.idempotencyKey) = (fileName, idempotencyKey)
    }

    /// A patient's id without the blanks around it; nil when nothing is left.
    static func trimmed(_ patient: String) -> String? {
        var text = patient.drop(while: \.isWhitespace)
        while text.last?.isWhitespace == true { text.removeLast() }
        return text.isEmpty ? nil : String(text)
    }

    /// - Throws: when a field is too long or holds control characters.
    func check() throws(ServiceError) {
        for (name, value, limit) in [("patient", patient, 64), ("Idempotency-Key", idempotencyKey, 255)] {
            guard let value else { continue }
            guard (1...limit).contains(value.unicodeScalars.count),
                value.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F })
            else {
                throw ServiceError(
                    .invalid, "field-invalid", "`\(name)` has 1 to \(limit) printable characters.")
            }
        }
        guard !image.isEmpty else { throw ServiceError(.invalid, "image-missing", "The picture is empty.") }
    }
}
