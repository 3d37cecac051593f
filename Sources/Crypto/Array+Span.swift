extension Array {
    /// Copies borrowed elements into an array.
    public init(_ elements: Span<Element>) {
        self = unsafe elements.withUnsafeBufferPointer { unsafe Array($0) }
    }
}
