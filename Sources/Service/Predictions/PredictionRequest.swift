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

    /// - Throws: when a field is too long or is no text that a person could have typed.
    func check() throws(ServiceError) {
        try Self.check(patient, named: "patient", limit: 64)
        try Self.check(idempotencyKey, named: "Idempotency-Key", limit: 255)
        guard !image.isEmpty else {
            throw ServiceError(
                .invalid, "image-missing", "There is no picture: send it in the field `image`, or as the body.")
        }
    }

    /// Refuses control characters, and what stands for bytes that were no UTF-8: two patients could become one.
    static func check(_ value: String?, named name: String, limit: Int = 64) throws(ServiceError) {
        guard let value else { return }
        guard (1...limit).contains(value.unicodeScalars.count),
            value.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F && $0 != "\u{FFFD}" })
        else {
            throw ServiceError(
                .invalid, "field-invalid", "`\(name)` has 1 to \(limit) printable characters, in UTF-8.")
        }
    }
}
