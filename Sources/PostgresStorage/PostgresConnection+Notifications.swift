import CPostgres
import Glibc
import Storage

extension PostgresConnection {
    /// Blocks until the server sends something, until a descriptor can be read, or for a time.
    ///
    /// - Returns: whether the server has sent something.
    func waitForData(or descriptor: Int32, milliseconds: Int32) -> Bool {
        var watched = [
            pollfd(fd: unsafe PQsocket(handle), events: Int16(POLLIN), revents: 0),
            pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
        ]
        return unsafe poll(&watched, nfds_t(watched.count), milliseconds) > 0 && watched[0].revents != 0
    }

    /// Takes the notifications that have come.
    ///
    /// - Returns: whether one of them, of another connection, has this payload.
    func takeNotifications(of payload: String) throws(StorageError) -> Bool {
        guard unsafe PQconsumeInput(handle) == 1 else { throw StorageError(.unavailable, detail: "not listening") }
        var isFound = false
        while let notification = unsafe PQnotifies(handle) {
            defer { unsafe PQfreemem(notification) }
            let isOwn = unsafe notification.pointee.be_pid == PQbackendPID(handle)
            let text = unsafe notification.pointee.extra.map { unsafe String(cString: $0) }
            if !isOwn, text == payload { isFound = true }
        }
        return isFound
    }
}
