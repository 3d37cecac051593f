public import CanonicalJSON

extension PredictionRecorded {
    /// As `Decoder` would, in a fraction of the time: rebuilding the lists reads every prediction there is.
    public static func read(from value: JSONValue) throws(RecordError) -> Self {
        var fields = try PayloadFields(value, of: type)
        let cached = try fields.flag("cached")
        let duration = try fields.integer("duration_us")
        var part = try fields.fields("image")
        let image = try SealedImage(reading: &part)
        let label = try fields.text("label")
        part = try fields.fields("model")
        let model = try ModelReference(reading: &part)
        let prediction = try fields.text("prediction")
        part = try fields.fields("preprocessing")
        let preprocessing = try Preprocessing(reading: &part)
        let probability = try fields.text("probability")
        let runtime = try fields.text("runtime")
        let scores = try fields.texts("scores")
        part = try fields.fields("sealed")
        let sealed = try SealedField(reading: &part)
        return try PredictionRecorded(
            prediction: prediction, subject: fields.text("subject"), image: image, model: model,
            preprocessing: preprocessing, label: label, probability: probability, scores: scores,
            threshold: fields.text("threshold"), runtime: runtime, cached: cached, durationUs: duration, sealed: sealed)
    }
}

extension SealedImage {
    fileprivate init(reading fields: inout PayloadFields) throws(RecordError) {
        (blob, bytes) = (try fields.text("blob"), try fields.integer("bytes"))
        (commit, format) = (try fields.text("commit"), try fields.text("format"))
        (height, width) = (Int(try fields.integer("height")), Int(try fields.integer("width")))
    }
}

extension ModelReference {
    fileprivate init(reading fields: inout PayloadFields) throws(RecordError) {
        digest = try fields.text("digest")
        (name, version) = (try fields.text("name"), try fields.text("version"))
    }
}

extension Preprocessing {
    fileprivate init(reading fields: inout PayloadFields) throws(RecordError) {
        self.init(id: try fields.text("id"), sha256: try fields.text("sha256"))
    }
}

extension SealedField {
    fileprivate init(reading fields: inout PayloadFields) throws(RecordError) {
        (ciphertext, commit) = (try fields.text("ciphertext"), try fields.text("commit"))
        subject = try fields.text("subject")
    }
}
