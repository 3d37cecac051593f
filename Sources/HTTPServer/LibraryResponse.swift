import CMicroHTTPD

/// An answer in the library's own form; released exactly once.
@safe struct LibraryResponse: ~Copyable {
    /// Below this many bytes the library copies the body and sends it together with the header.
    private static let copyLimit = 32 << 10
    private let handle: OpaquePointer
    private let status: Int
    /// The source of the body, when it is not copied.
    let stream: BodyStream?

    /// Converts an answer; `nil` when there is no memory for it.
    init?(_ answer: HTTPResponse, _ core: ServerCore, _ connection: OpaquePointer) {
        let suspendable = unsafe SuspendableConnection(connection)
        let made: OpaquePointer?
        switch answer.body {
        case .bytes(let bytes) where bytes.count <= Self.copyLimit:
            stream = nil
            unsafe made = bytes.withUnsafeBytes {
                unsafe MHD_create_response_from_buffer(
                    $0.count, UnsafeMutableRawPointer(mutating: $0.baseAddress), .RESPMEM_MUST_COPY)
            }
        case .bytes(let bytes):
            let source = BodyStream(part: bytes, next: nil, connection: suspendable, gate: core.gate)
            stream = source
            unsafe made = Self.make(source, size: UInt64(bytes.count))
        case .stream(let length, let next):
            let source = BodyStream(part: [], next: next, connection: suspendable, gate: core.gate)
            stream = source
            unsafe made = Self.make(source, size: length.map { UInt64(max(0, $0)) } ?? cmicrohttpd_size_unknown)
        case .live(let next):
            let source = BodyStream(part: [], next: next, connection: suspendable, gate: core.gate, isLive: true)
            stream = source
            unsafe made = Self.make(source, size: cmicrohttpd_size_unknown)
        }
        guard let made = unsafe made else { return nil }
        unsafe handle = made
        status = answer.sentStatus
        for field in answer.sentFields { unsafe _ = MHD_add_response_header(made, field.name, field.value) }
        if core.isDraining { unsafe _ = MHD_add_response_header(made, "Connection", "close") }
    }

    deinit { unsafe MHD_destroy_response(handle) }

    /// Queues the answer; the library keeps its own reference until it is sent.
    func queue(on connection: OpaquePointer) -> Bool {
        unsafe MHD_queue_response(connection, UInt32(status), handle) == .YES
    }

    private static func make(_ source: BodyStream, size: UInt64) -> OpaquePointer? {
        let context = unsafe Unmanaged.passRetained(source).toOpaque()
        let made = unsafe MHD_create_response_from_callback(
            size, copyLimit,
            { context, _, buffer, count in
                guard let context = unsafe context else { return cmicrohttpd_end_with_error }
                let source = unsafe Unmanaged<BodyStream>.fromOpaque(context).takeUnretainedValue()
                return unsafe source.read(into: UnsafeMutableRawBufferPointer(start: buffer, count: count))
            }, context, { unsafe $0.map { unsafe Unmanaged<BodyStream>.fromOpaque($0).release() } })
        if unsafe made == nil { unsafe Unmanaged<BodyStream>.fromOpaque(context).release() }
        return unsafe made
    }
}
