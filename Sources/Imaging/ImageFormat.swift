/// A file format that can be decoded.
public enum ImageFormat: String, Sendable, CaseIterable {
    case jpeg, png

    /// The registered media type (RFC 2045 for JPEG, RFC 2083 for PNG).
    public var mediaType: String { "image/\(rawValue)" }

    /// Recognises a format by its first bytes, never by a name; `nil` for anything else.
    public init?(sniffing bytes: [UInt8]) {
        if bytes.starts(with: [0xFF, 0xD8]) {
            self = .jpeg
        } else if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) {
            self = .png
        } else {
            return nil
        }
    }
}
