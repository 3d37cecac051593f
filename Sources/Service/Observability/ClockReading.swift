import CClock
import Records

/// What the kernel knows of the quality of its clock.
enum ClockReading {
    /// Asks the kernel (adjtimex(2)).
    static func quality() -> ClockQuality {
        var maxError = 0
        let isSynchronised = unsafe cclock_quality(&maxError) != 0
        return ClockQuality(
            synchronised: isSynchronised, maxErrorUs: Int64(max(0, maxError)),
            source: isSynchronised ? "kernel, synchronised" : "kernel, not synchronised")
    }
}
