import Concurrency
import Testing

@Suite struct `A concurrent map` {
    @Test(arguments: [0, 1, 7, 8, 9, 16, 17, 1_000]) func `keeps the order`(count: Int) {
        let inputs = Array(0..<count)
        #expect(concurrentMap(inputs) { $0 * 2 } == inputs.map { $0 * 2 })
        #expect(concurrentMap(inputs, minimumChunk: 1) { String($0) } == inputs.map(String.init))
    }
}
