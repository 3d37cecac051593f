import Concurrency
import Crypto
import Glibc
public import Ledger

/// Where times come from; tests put their own in.
public typealias Clock = @Sendable () -> Timestamp

/// The system's real-time clock.
public enum SystemClock {
    public static let now: Clock = {
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000)
    }
}

/// Makes identifiers: UUIDv7 (RFC 9562 section 5.7) for events and predictions, random ones for subjects.
public enum Identifiers {
    /// A UUID whose text order is the order of its milliseconds.
    public static func uuid(at time: Timestamp) -> String {
        let milliseconds = UInt64(max(0, time.microseconds)) / 1_000
        var bytes = SecureRandom.bytes(16)
        for position in 0..<6 { bytes[position] = UInt8(truncatingIfNeeded: milliseconds >> UInt64(40 - 8 * position)) }
        bytes[6] = bytes[6] & 0x0F | 0x70
        bytes[8] = bytes[8] & 0x3F | 0x80
        let hex = Hex.encode(bytes)
        let cuts = [8, 4, 4, 4, 12]
        var parts: [Substring] = []
        var start = hex.startIndex
        for cut in cuts {
            let end = hex.index(start, offsetBy: cut)
            parts.append(hex[start..<end])
            start = end
        }
        return parts.joined(separator: "-")
    }

    /// A prefix and 128 random bits.
    public static func random(_ prefix: String) -> String { prefix + Hex.encode(SecureRandom.bytes(16)) }
}
