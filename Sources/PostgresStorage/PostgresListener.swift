import Concurrency
import Glibc
import Storage

/// The connection by which the processes that share a log hear of each other's commits at once.
///
/// `NOTIFY` wakes, polling makes sure: a notification only makes it look at the head row, which it does now and then
/// anyway, so one that is lost delays, and one that somebody else sends does nothing. It is sent after the commit, by this
/// connection: within the committing transaction it would hold a lock of the whole cluster (PostgreSQL's `PreCommit_Notify`)
/// while the commit waits for the disk, and make all logs there take turns.
final class PostgresListener: Sendable {
    private struct State {
        /// The end of the pipe that wakes the thread; nil before it is started and after it was stopped.
        var bell: Int32?
        var isStopped = false
        /// Whether this process committed something that the others have not been told.
        var isRung = false
    }

    private static let channel = "cxrledger"
    /// Without a notification, in milliseconds.
    private static let interval: Int32 = 500
    /// Between two looks at most so often, in microseconds: under load one tells of many commits.
    private static let pace: UInt32 = 10_000

    private let address: String
    private let origin: String
    private let growth: GrowthWatch
    private let state = Locked(State())

    init(_ address: String, origin: String, growth: GrowthWatch) {
        (self.address, self.origin, self.growth) = (address, origin, growth)
    }

    /// Begins to listen, if it does not yet.
    func start() {
        state.withLock { state in
            var ends: [Int32] = [-1, -1]
            guard state.bell == nil, !state.isStopped, unsafe pipe(&ends) == 0 else { return }
            for end in ends {
                _ = fcntl(end, F_SETFD, FD_CLOEXEC)
                _ = fcntl(end, F_SETFL, O_NONBLOCK)
            }
            state.bell = ends[1]
            let heard = ends[0]
            SerialWorker((), label: "cxrledger.postgres.listener").submit { [self] _ in
                listen(heard)
                close(heard)
            }
        }
    }

    /// Lets the thread end, whenever it is done with what it does.
    func stop() {
        state.withLock { state in
            state.isStopped = true
            if let bell = state.bell { close(bell) }
            state.bell = nil
        }
    }

    /// Wakes those in this process who wait, and has the others told.
    func committed(_ size: UInt64) {
        growth.tell(size)
        state.withLock { state in
            guard let bell = state.bell, !state.isRung else { return }
            state.isRung = true
            var sign: UInt8 = 1
            _ = unsafe write(bell, &sign, 1)
        }
    }

    private var isStopped: Bool { state.withLock { $0.isStopped } }

    /// Listens, connecting again whenever the connection is lost, less and less often.
    private func listen(_ heard: Int32) {
        var pause: Int32 = 100
        while !isStopped {
            do throws(StorageError) {
                var connection = try PostgresConnection(address)
                try connection.execute("SET synchronous_commit = off")
                try connection.execute("LISTEN \(Self.channel)")
                pause = 100
                try follow(&connection, heard)
            } catch {
                // Who has just committed has a server again: that ends the pause.
                var rung = pollfd(fd: heard, events: Int16(POLLIN), revents: 0)
                if unsafe poll(&rung, 1, pause) > 0 { _ = takesBell(heard) }
                pause = min(2_000, pause * 2)
            }
        }
    }

    private func follow(_ connection: inout PostgresConnection, _ heard: Int32) throws(StorageError) {
        var isDue = true
        while !isStopped {
            if isDue { try look(&connection) }
            usleep(Self.pace)
            // Some may have come with an answer.
            isDue = try connection.takeNotifications(of: origin)
            if isDue { continue }
            let isAnswered = connection.waitForData(or: heard, milliseconds: Self.interval)
            let isRung = takesBell(heard)
            if isRung, !isStopped {
                let sql = "SELECT pg_notify($1, $2)"
                _ = try connection.run([PostgresStatement(sql, [.text(Self.channel), .text(origin)])])
            }
            isDue = try connection.takeNotifications(of: origin) || !(isAnswered || isRung)
        }
    }

    private func look(_ connection: inout PostgresConnection) throws(StorageError) {
        let sql = "SELECT size FROM cxrledger.heads JOIN cxrledger.logs USING (log) WHERE origin = $1"
        let rows = try connection.run([PostgresStatement(sql, [.text(origin)])])
        if rows.count == 1 { growth.tell(UInt64(clamping: rows.integer(0, 0))) }
    }

    /// Whether something is to be told; whoever rings from now on is heard the next time.
    private func takesBell(_ heard: Int32) -> Bool {
        var signs = [UInt8](repeating: 0, count: 16)
        return state.withLock { state in
            defer { state.isRung = false }
            return unsafe read(heard, &signs, signs.count) > 0 && state.isRung
        }
    }
}
