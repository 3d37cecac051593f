import CMicroHTTPD
import Glibc

extension HTTPResponse {
    /// The whole answer as it goes over the wire when the server refuses in the middle of a request.
    ///
    /// A streamed body is left out: refusals are short.
    var plainBytes: [UInt8] {
        var content: [UInt8] = []
        if case .bytes(let bytes) = body { content = bytes }
        let phrase = unsafe MHD_get_reason_phrase_for(UInt32(sentStatus))
        let reason = unsafe phrase.map { unsafe String(cString: $0) } ?? "Unknown"
        var text = "HTTP/1.1 \(sentStatus) \(reason)\r\nDate: \(Self.date)\r\n"
        for field in sentFields where field.name.lowercased() != "connection" {
            text += "\(field.name): \(field.value)\r\n"
        }
        text += "Content-Length: \(content.count)\r\nConnection: close\r\n\r\n"
        return Array(text.utf8) + content
    }

    /// The time of day in the form of RFC 9110, section 5.6.7.
    private static var date: String {
        var (now, parts) = (time(nil), unsafe tm())
        unsafe gmtime_r(&now, &parts)
        let day = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"][unsafe Int(parts.tm_wday) % 7]
        let month = [
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
        ][unsafe Int(parts.tm_mon) % 12]
        func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let clock = unsafe [parts.tm_hour, parts.tm_min, parts.tm_sec].map(two).joined(separator: ":")
        return unsafe "\(day), \(two(parts.tm_mday)) \(month) \(1900 + parts.tm_year) \(clock) GMT"
    }
}
