/// A moment of UTC in whole microseconds, from 1970-01-01 to the end of 9999.
public struct Timestamp: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// Microseconds since 1970-01-01T00:00:00Z, without leap seconds.
    public let microseconds: Int64

    private static let lastMicrosecond: Int64 = 253_402_300_799_999_999

    /// Takes microseconds since 1970; values outside the years 1970 to 9999 become the nearest moment within.
    public init(microseconds: Int64) { self.microseconds = min(max(microseconds, 0), Self.lastMicrosecond) }

    /// Reads `YYYY-MM-DDTHH:MM:SS.ffffffZ`, exactly; nil for any other spelling and for dates that do not exist.
    public init?(_ text: String) { self.init(text.utf8Span.span) }

    /// Reads the same from bytes.
    init?(_ bytes: Span<UInt8>) {
        guard bytes.count == Self.pattern.count else { return nil }
        for (position, expected) in Self.pattern.enumerated() {
            let byte = bytes[position]
            guard expected == UInt8(ascii: "0") ? (0x30...0x39).contains(byte) : byte == expected else { return nil }
        }
        func number(_ range: Range<Int>) -> Int64 {
            var number: Int64 = 0
            for position in range { number = number * 10 + Int64(bytes[position] - 0x30) }
            return number
        }
        let (year, month, day) = (number(0..<4), number(5..<7), number(8..<10))
        let (hour, minute, second) = (number(11..<13), number(14..<16), number(17..<19))
        guard year >= 1970, (1...12).contains(month), hour < 24, minute < 60, second < 60 else { return nil }
        let days = Self.days(year: year, month: month, day: day)
        // A day that the month does not have comes back as a day of the next one.
        guard Self.date(days: days) == (year, month, day) else { return nil }
        let seconds = days * 86_400 + hour * 3_600 + minute * 60 + second
        self.init(microseconds: seconds * 1_000_000 + number(20..<26))
    }

    /// `YYYY-MM-DDTHH:MM:SS.ffffffZ`, always 27 bytes, ordered as the moments are.
    public var description: String {
        let (seconds, fraction) = microseconds.quotientAndRemainder(dividingBy: 1_000_000)
        let (days, clock) = seconds.quotientAndRemainder(dividingBy: 86_400)
        let (year, month, day) = Self.date(days: days)
        var text = Self.pattern
        func put(_ number: Int64, at start: Int, digits: Int) {
            var rest = number
            for position in (start..<start + digits).reversed() {
                text[position] = 0x30 + UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
            }
        }
        put(year, at: 0, digits: 4)
        put(month, at: 5, digits: 2)
        put(day, at: 8, digits: 2)
        put(clock / 3_600, at: 11, digits: 2)
        put(clock / 60 % 60, at: 14, digits: 2)
        put(clock % 60, at: 17, digits: 2)
        put(fraction, at: 20, digits: 6)
        return String(decoding: text, as: UTF8.self)
    }

    public static func < (left: Self, right: Self) -> Bool { left.microseconds < right.microseconds }

    private static let pattern = Array("0000-00-00T00:00:00.000000Z".utf8)

    // Both directions count from 1 March of year 0, so that the leap day is a year's last (Hinnant, "chrono-compatible
    // low-level date algorithms", days_from_civil and civil_from_days), for years from 1970 on.

    private static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let (era, yearOfEra) = (shifted / 400, shifted % 400)
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    private static func date(days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = days + 719_468
        let (era, dayOfEra) = (shifted / 146_097, shifted % 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }
}
