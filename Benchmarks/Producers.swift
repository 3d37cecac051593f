import Storage

/// Clients of which each waits for its one event to be acknowledged before it makes the next.
struct Producers {
    let count: Int

    /// The events of all of them together in a second.
    ///
    /// They are made before the clock starts, in turn, because ids made by the clock grow with it; signing is not.
    func rate(_ sequencer: Sequencer, each: Int) async throws -> Double {
        let samples = SampleEvents()
        var appends = [[Append]](repeating: [], count: count)
        for _ in 0..<each { for producer in appends.indices { appends[producer].append(samples.sized()) } }
        let time = try await seconds {
            try await withThrowingTaskGroup { group in
                for own in appends {
                    group.addTask { for append in own { _ = try await sequencer.append(append) } }
                }
                try await group.waitForAll()
            }
        }
        return Double(each * count) / time
    }
}
