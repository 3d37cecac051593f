extension Array {
    /// Copies borrowed elements into an array.
    @inlinable public init(_ elements: Span<Element>) {
        self = unsafe elements.withUnsafeBufferPointer { unsafe Array($0) }
    }
}
