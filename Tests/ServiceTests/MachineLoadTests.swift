import Testing

@testable import Service

@Suite struct `The load of the machine` {
    @Test func `is the time between two readings that was not idle`() {
        let before = MachineLoad.ProcessorTimes(parsing: "cpu  100 0 100 700 100 0 0 0 0 0\ncpu0 1 2 3\n")
        let after = MachineLoad.ProcessorTimes(parsing: "cpu  150 0 110 730 110 0 0 0 0 0\n")
        #expect((before.busy, before.all) == (200, 1_000))
        #expect(after.busyPercent(since: before) == 60)
        #expect(before.busyPercent(since: before) == 0)
    }

    @Test(arguments: ["", "cpu", "cpu 1 2 3", "intr 1 2 3 4 5 6 7 8 9"])
    func `is none where nothing can be read`(text: String) {
        #expect(MachineLoad.ProcessorTimes(parsing: text) == MachineLoad.ProcessorTimes())
    }

    @Test func `is read from this machine`() {
        let load = MachineLoad(of: "/")
        #expect((1...100).contains(load.memoryPercent) && load.memoryUsedBytes > 1e6 && load.residentBytes > 1e6)
        #expect(load.diskPercent > 0 && load.diskPercent <= 100 && load.processor.all > load.processor.busy)
        #expect(MachineLoad(of: "/nowhere").diskPercent == 0)
    }
}
