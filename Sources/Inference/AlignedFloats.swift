import Glibc

/// Floats at a cache line; zero at first.
///
/// `@unchecked Sendable`: weights are written in `init` only, and an arena is used by one thread at a time, which
/// takes it from a `Locked` pool.
@safe final class AlignedFloats: @unchecked Sendable {
    let base: UnsafeMutablePointer<Float>
    private let memory: UnsafeMutableRawPointer

    init(count: Int) {
        // One line more than needed: no size is zero.
        unsafe memory = .allocate(byteCount: (count + 16) * MemoryLayout<Float>.stride, alignment: 64)
        unsafe base = memory.initializeMemory(as: Float.self, repeating: 0, count: count + 16)
    }

    convenience init(_ values: [Float]) {
        self.init(count: values.count)
        for (index, value) in values.enumerated() { unsafe base[index] = value }
    }

    deinit { unsafe memory.deallocate() }
}
