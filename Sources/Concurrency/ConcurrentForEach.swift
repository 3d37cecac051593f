/// Runs an operation for each element, a few at a time; after a failure no more are begun.
///
/// - Throws: the failure that came first, once those that were begun have ended.
public func concurrentForEach<Element: Sendable, Failure: Error>(
    of elements: some Sequence<Element>, atMost width: Int,
    _ operation: @escaping @Sendable (Element) async throws(Failure) -> Void
) async throws(Failure) {
    let failure = await withTaskGroup(of: Failure?.self) { group in
        var failure: Failure?
        for (offset, element) in elements.enumerated() {
            if offset >= width { failure = await group.next() ?? nil }
            guard failure == nil else { break }
            group.addTask {
                do throws(Failure) { try await operation(element) } catch { return error }
                return nil
            }
        }
        for await other in group { failure = failure ?? other }
        return failure
    }
    if let failure { throw failure }
}
