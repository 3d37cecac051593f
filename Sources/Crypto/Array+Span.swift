extension Array {
    /// Copies borrowed elements into an array.
    public init(_ elements: Span<Element>) {
        self.init()
        reserveCapacity(elements.count)
        for position in elements.indices { append(elements[position]) }
    }
}
