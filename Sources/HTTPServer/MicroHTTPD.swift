import CMicroHTTPD
import Concurrency
import Glibc

/// Owns one daemon of the library and turns its callbacks into calls of a `ServerCore`.
///
/// The callbacks of one connection all come from one thread, one after the other.
@safe final class MicroHTTPD: @unchecked Sendable {
    // @unchecked: the pointer never changes, and the daemon may be stopped from any thread.
    private let daemon: OpaquePointer
    private let core: ServerCore

    /// Starts the threads; the socket is closed by `stop`, and by the caller when starting fails.
    init(_ core: ServerCore, socket: Int32) throws(HTTPServerError) {
        let configuration = core.configuration
        var settings = cmicrohttpd_settings(
            listening_socket: socket, threads: UInt32(clamping: max(1, configuration.threads)),
            connection_limit: UInt32(clamping: max(configuration.threads, configuration.connectionLimit)),
            address_limit: UInt32(clamping: max(0, configuration.perAddressLimit)),
            idle_seconds: UInt32(clamping: max(1, configuration.idleTimeout.components.seconds)),
            connection_memory: max(4096, configuration.connectionMemory))
        var callbacks = unsafe cmicrohttpd_callbacks(
            context: Unmanaged.passUnretained(core).toOpaque(), policy: mayConnect, access: access,
            completed: requestCompleted, connection: connectionChanged, target: targetRead)
        guard let daemon = unsafe cmicrohttpd_start(&settings, &callbacks) else {
            throw HTTPServerError(.unavailable, "MHD_start_daemon failed")
        }
        unsafe self.daemon = daemon
        self.core = core
    }

    /// Closes every connection and joins the threads; no connection may be suspended.
    func stop() { unsafe MHD_stop_daemon(daemon) }
}

/// The core a callback belongs to.
private func core(_ context: UnsafeMutableRawPointer?) -> ServerCore? {
    unsafe context.map { unsafe Unmanaged<ServerCore>.fromOpaque($0).takeUnretainedValue() }
}

/// What the server keeps beside a connection of the library.
private func client(_ connection: OpaquePointer?) -> ClientConnection? {
    guard let connection = unsafe connection, let context = unsafe cmicrohttpd_context(connection) else { return nil }
    return unsafe Unmanaged<ClientConnection>.fromOpaque(context).takeUnretainedValue()
}

/// Turns clients away while the server stops.
///
/// `MHD_quiesce_daemon`, made for that, now and then ends the process (0.9.75): it and a thread of the pool may both
/// take the listening socket from the same epoll set, and the second to do so panics.
private func mayConnect(
    _ context: UnsafeMutableRawPointer?, _ address: UnsafePointer<sockaddr>?, _ size: socklen_t
) -> MHD_Result {
    unsafe core(context)?.isDraining == false ? .YES : .NO
}

private func connectionChanged(
    _ context: UnsafeMutableRawPointer?, _ connection: OpaquePointer?,
    _ slot: UnsafeMutablePointer<UnsafeMutableRawPointer?>?, _ change: MHD_ConnectionNotificationCode
) {
    guard let core = unsafe core(context), let connection = unsafe connection, let slot = unsafe slot else { return }
    if change == .CONNECTION_NOTIFY_STARTED {
        let address = unsafe cmicrohttpd_client(connection).flatMap { unsafe SocketAddress($0) }
        let client = unsafe ClientConnection(
            descriptor: cmicrohttpd_descriptor(connection), address: address ?? .unknown)
        unsafe slot.pointee = Unmanaged.passRetained(client).toOpaque()
        core.opened(client)
    } else if let held = unsafe slot.pointee {
        unsafe slot.pointee = nil
        let client = unsafe Unmanaged<ClientConnection>.fromOpaque(held).takeRetainedValue()
        core.closed(client)
    }
}

private func targetRead(
    _ context: UnsafeMutableRawPointer?, _ target: UnsafePointer<CChar>?, _ connection: OpaquePointer?
) -> UnsafeMutableRawPointer? {
    guard let core = unsafe core(context), let client = unsafe client(connection) else { return nil }
    var bytes: [UInt8] = []
    if var place = unsafe target {
        while unsafe place.pointee != 0 {
            unsafe bytes.append(UInt8(bitPattern: place.pointee))
            unsafe place += 1
        }
    }
    core.began(client, target: bytes)
    return nil
}

private func requestCompleted(
    _ context: UnsafeMutableRawPointer?, _ connection: OpaquePointer?,
    _ slot: UnsafeMutablePointer<UnsafeMutableRawPointer?>?, _ reason: MHD_RequestTerminationCode
) {
    guard let core = unsafe core(context), let client = unsafe client(connection) else { return }
    core.ended(client)
}

private func access(
    _ context: UnsafeMutableRawPointer?, _ connection: OpaquePointer?, _ url: UnsafePointer<CChar>?,
    _ method: UnsafePointer<CChar>?, _ version: UnsafePointer<CChar>?, _ part: UnsafePointer<CChar>?,
    _ partSize: UnsafeMutablePointer<Int>?, _ slot: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
) -> MHD_Result {
    guard let core = unsafe core(context), let connection = unsafe connection, let client = unsafe client(connection),
        let method = unsafe method, let partSize = unsafe partSize
    else { return .NO }
    let (phase, isNew) = client.state.withLock { ($0.phase, $0.head == nil && $0.answer == nil) }
    switch phase {
    case .receiving where isNew:
        let headers = unsafe fields(of: connection)
        let version = unsafe version.map { unsafe String(cString: $0) } ?? ""
        return unsafe core.headersArrived(client, method: String(cString: method), version: version, headers: headers)
            ? .YES : .NO
    case .receiving where unsafe partSize.pointee > 0:
        let isTaken = unsafe core.bodyArrived(client, UnsafeRawBufferPointer(start: part, count: partSize.pointee))
        unsafe partSize.pointee = 0
        return isTaken ? .YES : .NO
    case .receiving:
        if client.state.withLock({ $0.answer == nil }) {
            core.completed(client, unsafe SuspendableConnection(connection))
            if client.state.withLock({ $0.phase == .running }) { return .YES }
        }
        return unsafe send(core, client, connection)
    case .answered: return unsafe send(core, client, connection)
    case .running, .sending: return .YES
    case .waiting, .cut: return .NO
    }
}

/// Gives the stored answer to the library.
private func send(_ core: ServerCore, _ client: ClientConnection, _ connection: OpaquePointer) -> MHD_Result {
    let answer = client.state.withLock { state in
        defer { state.answer = nil }
        return state.phase == .cut ? nil : state.answer
    }
    guard let answer, let made = unsafe LibraryResponse(answer, core, connection) else { return .NO }
    client.state.withLock { state in
        state.enter(.sending)
        state.stream = made.stream
    }
    return unsafe made.queue(on: connection) ? .YES : .NO
}

/// The header fields of a request, with their true lengths, so that a NUL inside one is seen.
private func fields(of connection: OpaquePointer) -> HTTPHeaders {
    var headers = HTTPHeaders()
    unsafe withUnsafeMutablePointer(to: &headers) { headers in
        unsafe _ = MHD_get_connection_values_n(
            connection, .HEADER_KIND,
            { context, _, name, nameSize, value, valueSize in
                guard let headers = unsafe context?.assumingMemoryBound(to: HTTPHeaders.self) else { return .NO }
                func text(_ start: UnsafePointer<CChar>?, _ count: Int) -> String {
                    unsafe String(decoding: UnsafeRawBufferPointer(start: start, count: count), as: UTF8.self)
                }
                unsafe headers.pointee.add(text(name, nameSize), text(value, valueSize))
                return .YES
            }, headers)
    }
    return headers
}
