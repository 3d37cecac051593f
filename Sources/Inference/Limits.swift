/// What a model file may ask for; every size read from a file is held against one of these before it is used.
///
/// They are far above any image classifier one would run on a CPU, and low enough that refusing costs no memory.
enum Limits {
    static let archiveBytes = 1 << 29
    static let archiveMembers = 64
    static let configBytes = 1 << 24
    static let weightFileBytes = 1 << 29
    static let jsonDepth = 64
    static let layers = 4096
    static let modelDepth = 8
    /// Values of one tensor, and of all weights together.
    static let tensorElements = 1 << 27
    /// What a scale and a shift for one channel, in double precision, take of the bound on weights.
    static let affineElements = 4
    /// Values of all buffers one image needs; of all weights as the kernels read them.
    static let arenaElements = 1 << 28
    /// Multiply-adds (or comparisons) for one image: minutes, not hours.
    static let operations = 1 << 40
    static let threads = 256

    /// The product of sizes, or nil when one is negative or the product exceeds `limit`.
    static func product(_ sizes: [Int], limit: Int = tensorElements) -> Int? {
        var product = 1
        for size in sizes {
            let (next, overflow) = product.multipliedReportingOverflow(by: size)
            guard size >= 0, !overflow, next <= limit else { return nil }
            product = next
        }
        return product
    }
}
