public import Ledger

extension TileResource {
    /// The media type that C2SP tlog-tiles asks for.
    public var mediaType: String {
        if case .checkpoint = self { return "text/plain; charset=utf-8" }
        return "application/octet-stream"
    }

    /// How long an answer may be kept: tiles never change, the checkpoint does every second.
    public func caching(isPublic: Bool) -> String {
        let who = isPublic ? "public" : "private"
        if case .checkpoint = self { return "\(who), max-age=1" }
        return "\(who), max-age=31536000, immutable"
    }
}
