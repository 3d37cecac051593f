import Glibc

/// How busy the machine is at this moment, as Linux tells it; what cannot be read is 0.
struct MachineLoad: Sendable {
    /// Time of all processors since the machine started, in clock ticks.
    struct ProcessorTimes: Sendable, Hashable {
        var busy = 0.0
        var all = 0.0

        /// The share of the time between two readings that was not idle, in percent.
        func busyPercent(since before: ProcessorTimes) -> Double {
            all > before.all ? max(0, min(100, 100 * (busy - before.busy) / (all - before.all))) : 0
        }

        init() {}

        /// Reads the first line of `/proc/stat`: user, nice, system, idle, iowait, irq, softirq, steal, and more that
        /// these include (proc_stat(5)).
        init(parsing text: String) {
            let line = text.prefix { $0 != "\n" }
            let ticks = line.split(separator: " ").dropFirst().prefix(8).compactMap { Double($0) }
            guard line.hasPrefix("cpu "), ticks.count == 8 else { return }
            all = ticks.reduce(0, +)
            busy = all - ticks[3] - ticks[4]
        }
    }

    let processor: ProcessorTimes
    let memoryPercent: Double
    let memoryUsedBytes: Double
    let diskPercent: Double
    let residentBytes: Double

    /// Reads it all; the disk is the one that a path lies on.
    init(of path: String) {
        processor = ProcessorTimes(parsing: Self.text("/proc/stat"))
        let memory = Self.text("/proc/meminfo")
        let (total, free) = (Self.bytes("MemTotal", in: memory), Self.bytes("MemAvailable", in: memory))
        memoryUsedBytes = max(0, total - free)
        memoryPercent = total > 0 ? 100 * memoryUsedBytes / total : 0
        residentBytes = Self.bytes("VmRSS", in: Self.text("/proc/self/status"))
        var status = statvfs()
        let isKnown = unsafe statvfs(path, &status) == 0
        // As `df` counts: of what is there for those who are not root.
        let used = Double(status.f_blocks) - Double(status.f_bfree)
        let room = used + Double(status.f_bavail)
        diskPercent = isKnown && room > 0 ? 100 * used / room : 0
    }

    /// The value of a line such as `MemTotal:  16265212 kB`.
    static func bytes(_ name: String, in text: String) -> Double {
        guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix(name + ":") }) else { return 0 }
        return (line.split(separator: " ").dropFirst().first.flatMap { Double($0) } ?? 0) * 1_024
    }

    /// The beginning of a file, which is all of those that are read here.
    private static func text(_ path: String) -> String {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 8_192)
        let count = unsafe read(descriptor, &bytes, bytes.count)
        return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    }
}
