import HTTPServer
import Service

extension PredictionRequest {
    static let fileFields = ["image", "file"]
    static let patientFields = ["patient", "patient_id"]
    static let patientHeader = "X-Patient-ID"

    /// Reads a picture from a form or from a body that is the picture itself.
    ///
    /// The patient's id comes in the form or in a header, never in the address, which proxies write into their logs.
    init(_ request: HTTPRequest) throws(ServiceError) {
        let keys = request.headers.values("Idempotency-Key")
        // Whoever sends an empty key, or two, believes to be protected from recording twice.
        guard keys.count < 2, keys.first != "" else {
            throw ServiceError(
                .invalid, "idempotency-key-invalid", "Send one `Idempotency-Key` of 1 to 255 characters, or none.")
        }
        let key = keys.first
        let named = request.headers[Self.patientHeader]
        switch request.mediaType {
        case "multipart/form-data":
            let form = try UploadForm(request, known: Self.fileFields + Self.patientFields)
            let (file, patient) = (try form.file("image", "file"), try form.text("patient", "patient_id"))
            // A form without a picture is refused, and recorded, as an empty one is.
            self.init(
                image: file.map { Array($0.body) } ?? [], patient: patient ?? named, fileName: file?.filename,
                idempotencyKey: key)
        case let type where type.hasPrefix("image/") || type == "application/octet-stream":
            self.init(image: request.body, patient: named, idempotencyKey: key)
        default:
            throw ServiceError(
                .unsupportedMedia, "content-type-unsupported",
                "Send a form with the field `image`, or the picture itself as image/jpeg, image/png or application/octet-stream."
            )
        }
    }
}
