/// The spelling of tile numbers in paths: groups of three digits, all but the last with an `x` before them.
enum TilePath {
    static func spell(index: UInt64, width: Int) -> String {
        var groups: [String] = []
        var rest = index
        repeat {
            let digits = String(rest % 1000)
            groups.append((groups.isEmpty ? "" : "x") + String(repeating: "0", count: 3 - digits.count) + digits)
            rest /= 1000
        } while rest > 0
        let number = groups.reversed().joined(separator: "/")
        return width == HashTile.width ? number : "\(number).p/\(width)"
    }

    /// Reads leniently; the caller compares with the spelling of what was read.
    static func parse(_ text: Substring) -> (index: UInt64, width: Int)? {
        var groups = text.split(separator: "/", omittingEmptySubsequences: false)
        var width = HashTile.width
        if groups.count >= 2, groups[groups.count - 2].hasSuffix(".p") {
            guard let number = Int(groups.removeLast()), (1...255).contains(number) else { return nil }
            width = number
            groups[groups.count - 1].removeLast(2)
        }
        var index: UInt64 = 0
        for group in groups {
            guard let number = UInt64(group.drop { $0 == "x" }), number < 1000 else { return nil }
            let (product, overflow) = index.multipliedReportingOverflow(by: 1000)
            let (sum, carry) = product.addingReportingOverflow(number)
            guard !overflow, !carry else { return nil }
            index = sum
        }
        return (index, width)
    }
}
