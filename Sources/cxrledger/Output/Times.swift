/// Times as people read them.
enum Times {
    /// To the second: `2026-11-23T22:48:00Z` of `2026-11-23T22:48:00.123456Z`.
    static func short(_ text: String) -> String {
        guard let point = text.firstIndex(of: "."), text.hasSuffix("Z") else { return text }
        return text[..<point] + "Z"
    }
}
