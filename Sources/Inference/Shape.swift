/// The shape of one image's tensor, without the batch axis.
struct Shape: Sendable, Equatable, CustomStringConvertible {
    let sizes: [Int]
    /// Its number of values.
    let count: Int

    /// Nil unless each size is at least 1 and the product is within bounds.
    init?(_ sizes: [Int]) {
        guard (1...3).contains(sizes.count), sizes.allSatisfy({ $0 >= 1 }), let count = Limits.product(sizes) else {
            return nil
        }
        (self.sizes, self.count) = (sizes, count)
    }

    var rank: Int { sizes.count }
    var channels: Int { sizes[sizes.count - 1] }
    var width: Int { sizes.count >= 2 ? sizes[sizes.count - 2] : 1 }
    var height: Int { sizes.count == 3 ? sizes[0] : 1 }
    var description: String { sizes.description }
}

/// Two sizes along height and width.
struct Extent: Sendable, Equatable {
    var height, width: Int
    static let one = Extent(height: 1, width: 1)
}

/// Pixels added around an image.
struct Padding: Sendable, Equatable {
    var top = 0, bottom = 0, left = 0, right = 0
    var isZero: Bool { self == Padding() }
    static func + (a: Self, b: Self) -> Self {
        Padding(top: a.top + b.top, bottom: a.bottom + b.bottom, left: a.left + b.left, right: a.right + b.right)
    }
    static func max(_ a: Self, _ b: Self) -> Self {
        Padding(
            top: Swift.max(a.top, b.top), bottom: Swift.max(a.bottom, b.bottom), left: Swift.max(a.left, b.left),
            right: Swift.max(a.right, b.right))
    }
}
