/// The spelling of stored keys.
enum SnakeCase {
    /// `thresholdChanged` becomes `threshold_changed`; ASCII only, as all our property names are.
    static func key(_ name: String) -> String {
        var result = ""
        result.reserveCapacity(name.utf8.count + 4)
        for character in name {
            if character.isUppercase { result.append("_") }
            result.append(contentsOf: character.lowercased())
        }
        return result
    }
}
