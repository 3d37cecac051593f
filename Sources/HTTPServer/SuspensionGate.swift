import CMicroHTTPD
import Concurrency

/// A connection of the library, to be suspended and resumed.
@safe struct SuspendableConnection: @unchecked Sendable {
    // @unchecked: the library allows suspending on its own thread and resuming on any.
    let handle: OpaquePointer

    /// Names a connection of the library.
    init(_ handle: OpaquePointer) { unsafe self.handle = handle }
}

/// Counts suspended connections and can forbid more: the library aborts the process when it is stopped while one is.
final class SuspensionGate: Sendable {
    private let state = Locked((count: 0, isShut: false))

    /// Suspends a connection unless the gate is shut.
    ///
    /// Call on the library's thread.
    func suspend(_ connection: SuspendableConnection) -> Bool {
        let isOpen = state.withLock { state in
            if !state.isShut { state.count += 1 }
            return !state.isShut
        }
        if isOpen { unsafe MHD_suspend_connection(connection.handle) }
        return isOpen
    }

    /// Resumes a connection; once for every time it was suspended.
    func resume(_ connection: SuspendableConnection) {
        unsafe MHD_resume_connection(connection.handle)
        state.withLock { $0.count -= 1 }
    }

    /// Lets no further connection be suspended.
    func shut() { state.withLock { $0.isShut = true } }

    /// Connections that are suspended.
    var count: Int { state.withLock { $0.count } }
}
