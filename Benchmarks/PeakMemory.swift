import Glibc

/// The most memory that this process had resident since the last reset, as the kernel counts it (proc(5)).
enum PeakMemory {
    /// Starts to count anew.
    static func reset() throws {
        let descriptor = unsafe open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0, unsafe write(descriptor, "5", 1) == 1 else { throw BenchmarkError("clear_refs") }
        close(descriptor)
    }

    /// In bytes.
    static func read() throws -> Int {
        let descriptor = unsafe open("/proc/self/status", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw BenchmarkError("status") }
        defer { close(descriptor) }
        var text = [UInt8](repeating: 0, count: 8_192)
        let count = unsafe text.withUnsafeMutableBytes { unsafe Glibc.read(descriptor, $0.baseAddress, $0.count) }
        let lines = String(decoding: text.prefix(max(0, count)), as: UTF8.self).split(separator: "\n")
        let words = lines.first { $0.hasPrefix("VmHWM:") }?.split { " \t".contains($0) } ?? []
        guard words.count == 3, let kibibytes = Int(words[1]) else { throw BenchmarkError("VmHWM") }
        return kibibytes << 10
    }
}
