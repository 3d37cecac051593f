/// Why a multipart form was refused.
public enum MultipartError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The content type is not `multipart/form-data`.
    case notMultipart
    /// The content type names no boundary, more than one, or one that RFC 2046 forbids.
    case badBoundary
    /// The body does not begin with the boundary.
    case noFirstBoundary
    /// The body ends before its final boundary.
    case noFinalBoundary
    /// Something follows the final boundary.
    case trailingData
    /// There are more parts than the limit.
    case tooManyParts(limit: Int)
    /// A part's header is longer than the limit in bytes, or has more fields than its limit.
    case headerTooLarge
    /// A part's header breaks the rules.
    case badHeader
    /// A part has no `Content-Disposition: form-data` with one name.
    case badDisposition
    /// A part is encoded in a way RFC 7578 deprecates.
    case encodedPart

    /// A stable code for programs.
    public var code: String {
        switch self {
        case .notMultipart: "not_multipart"
        case .badBoundary: "multipart_bad_boundary"
        case .noFirstBoundary: "multipart_no_first_boundary"
        case .noFinalBoundary: "multipart_no_final_boundary"
        case .trailingData: "multipart_trailing_data"
        case .tooManyParts: "multipart_too_many_parts"
        case .headerTooLarge: "multipart_header_too_large"
        case .badHeader: "multipart_bad_header"
        case .badDisposition: "multipart_bad_disposition"
        case .encodedPart: "multipart_encoded_part"
        }
    }

    /// A sentence for people.
    public var description: String {
        switch self {
        case .notMultipart: "The content type is not multipart/form-data."
        case .badBoundary: "The content type has no valid boundary."
        case .noFirstBoundary: "The form does not begin with its boundary."
        case .noFinalBoundary: "The form is cut off before its final boundary."
        case .trailingData: "Something follows the form's final boundary."
        case .tooManyParts(let limit): "The form has more than \(limit) parts."
        case .headerTooLarge: "A part of the form has too large a header."
        case .badHeader: "A part of the form has a malformed header."
        case .badDisposition: "A part of the form has no Content-Disposition with one name."
        case .encodedPart: "A part of the form has a transfer encoding; send its bytes as they are."
        }
    }
}
