import Concurrency

/// What arrives for one request: the library's thread fills it, any task may cancel it.
final class Transfer: Sendable {
    /// The fields of an answer are bounded beside its body.
    static let maximumHeaderBytes = 256 << 10

    struct State: Sendable {
        var fields: [(name: String, value: String)] = []
        var headerBytes = 0
        /// Whether the empty line after the fields has arrived.
        var isHeaderWhole = false
        var body: [UInt8] = []
        var isCancelled = false
        var isTooLarge = false
    }

    private let state = Locked(State())
    private let maximumBytes: Int

    /// Creates an empty transfer.
    init(maximumBytes: Int) { self.maximumBytes = maximumBytes }

    /// What has arrived.
    var current: State { state.withLock { $0 } }

    /// Whether the library should give up.
    var isCancelled: Bool { state.withLock { $0.isCancelled } }

    /// Asks the library to give up soon.
    func cancel() { state.withLock { $0.isCancelled = true } }

    /// Takes a part of the body; answers false to give up.
    func receive(_ part: UnsafeRawBufferPointer) -> Bool {
        state.withLock { state in
            guard part.count <= maximumBytes - state.body.count else {
                state.isTooLarge = true
                return false
            }
            unsafe state.body.append(contentsOf: part)
            return true
        }
    }

    /// Takes one header line; a status line begins anew, as after `100 Continue`.
    func receive(line: UnsafeRawBufferPointer) -> Bool {
        let text = unsafe String(decoding: line, as: UTF8.self)
        return state.withLock { state in
            state.headerBytes += line.count
            guard state.headerBytes <= Self.maximumHeaderBytes else {
                state.isTooLarge = true
                return false
            }
            if text.hasPrefix("HTTP/") {
                (state.fields, state.isHeaderWhole) = ([], false)
            } else if text == "\r\n" || text == "\n" {
                state.isHeaderWhole = true
            } else if let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")) {
                let value = text[text.utf8.index(after: colon)...]
                let start = value.firstIndex { !$0.isWhitespace } ?? value.endIndex
                let end = value.lastIndex { !$0.isWhitespace }.map { value.index(after: $0) } ?? start
                state.fields.append((name: String(text[..<colon]), value: String(value[start..<end])))
            }
            return true
        }
    }
}
