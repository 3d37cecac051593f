import CSodium

/// A secret in guarded memory: not swapped out, not in core dumps, read-only, zeroed when it is released.
///
/// It cannot be printed, compared or encoded by accident; whoever needs the bytes says `withBytes`.
@safe public final class SecretBytes: @unchecked Sendable, CustomStringConvertible, CustomReflectable {
    // @unchecked: the memory is written before init returns and read-only from then on.
    private let memory: UnsafeMutablePointer<UInt8>

    /// How many bytes the secret has.
    public let count: Int

    /// Copies bytes into guarded memory; the array stays as it is, so it should be short-lived.
    public convenience init(_ bytes: [UInt8]) {
        unsafe self.init(count: bytes.count) { memory in
            _ = unsafe UnsafeMutableBufferPointer(start: memory, count: bytes.count).initialize(fromContentsOf: bytes)
        }
    }

    /// Lets `fill` write the secret straight into guarded memory.
    init(count: Int, filledBy fill: (UnsafeMutablePointer<UInt8>) -> Void) {
        Sodium.start()
        guard let base = unsafe sodium_malloc(count) else { preconditionFailure("no guarded memory is left") }
        unsafe memory = base.assumingMemoryBound(to: UInt8.self)
        self.count = count
        unsafe fill(memory)
        unsafe sodium_mprotect_readonly(base)
    }

    deinit { unsafe sodium_free(memory) }

    /// Lends the bytes; `Array($0)` copies them out into ordinary memory.
    public func withBytes<Result, Failure: Error>(
        _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let buffer = unsafe UnsafeBufferPointer(start: memory, count: count)
        return try unsafe body(buffer.span)
    }

    func withPointer<Result>(_ body: (UnsafePointer<UInt8>) -> Result) -> Result { unsafe body(memory) }

    public var description: String { "(secret)" }

    public var customMirror: Mirror { Mirror(self, children: []) }
}
