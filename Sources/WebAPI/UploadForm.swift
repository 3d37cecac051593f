import HTTPServer
import Service

/// A form with files, read strictly: only fields that are known, each once.
struct UploadForm: Sendable {
    private let form: MultipartForm

    init(_ request: HTTPRequest, known: [String]) throws(ServiceError) {
        guard request.mediaType == "multipart/form-data" else {
            throw ServiceError(.unsupportedMedia, "form-expected", "Send a form: `Content-Type: multipart/form-data`.")
        }
        do throws(MultipartError) {
            form = try MultipartForm(contentType: request.headers["Content-Type"] ?? "", body: request.body)
        } catch { throw ServiceError(.invalid, error.code.replacing("_", with: "-"), error.description) }
        let names = form.parts.map(\.name)
        guard names.allSatisfy(known.contains) else {
            throw ServiceError(
                .invalid, "form-field-unknown",
                "The form has a field that is none of: \(known.joined(separator: ", ")).")
        }
        guard Set(names).count == names.count else {
            throw ServiceError(.invalid, "form-field-repeated", "A field of the form stands there twice.")
        }
    }

    /// The file under one of some names.
    func file(_ names: String...) throws(ServiceError) -> MultipartForm.Part? { try only(names) }

    /// The text under one of some names.
    func text(_ names: String...) throws(ServiceError) -> String? {
        guard let part = try only(names) else { return nil }
        guard let text = part.text else {
            throw ServiceError(.invalid, "form-field-invalid", "`\(part.name)` is no UTF-8 text.")
        }
        return text
    }

    private func only(_ names: [String]) throws(ServiceError) -> MultipartForm.Part? {
        let parts = names.compactMap { form.part(named: $0) }
        guard parts.count < 2 else {
            throw ServiceError(.invalid, "form-field-repeated", "Send only one of: \(names.joined(separator: ", ")).")
        }
        return parts.first
    }
}
