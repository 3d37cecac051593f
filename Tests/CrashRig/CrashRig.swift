import CanonicalJSON
import Concurrency
import Glibc
import Ledger
import SQLiteStorage
import Storage
import StorageTestSupport

/// One of two processes on one log, that ends itself by SIGKILL when it has come to a step for a number of times.
///
/// `CrashRig FOLDER DATABASE NAME STEP COUNT PREFIX…` appends commands named after each prefix and its producers, and
/// writes into `FOLDER/NAME.diary` what a client or an observer would have seen. STEP `none` lives to the end.
@main enum CrashRig {
    private static let producers = 4
    private static let commands = 6

    static func main() async {
        let words = CommandLine.arguments
        guard words.count >= 7, let count = Int(words[5]) else { exit(2) }
        let (folder, database, name) = (words[1], words[2], words[3])
        do {
            let diary = try Diary(path: "\(folder)/\(name).diary")
            let executioner = Executioner(step: words[4], count: count)
            let sequencer = try open(folder, database, diary, executioner)
            let publishing = try publish(folder, database, diary, executioner)
            for prefix in words[6...] { await append(prefix, through: sequencer, diary) }
            publishing.cancel()
            await publishing.value
        } catch {
            print("\(name): \(error)")
            exit(1)
        }
        exit(0)
    }

    /// Opens the store, which SQLite refuses while another process creates or recovers it; the service does that under
    /// its home's lock.
    private static func store(_ folder: String, _ database: String) throws(StorageError) -> SQLiteEventStore {
        for _ in 0..<200 {
            do {
                return try SQLiteEventStore(path: "\(folder)/\(database)", origin: CrashLog.log.origin, readers: 1)
            } catch {
                guard error.code == .unavailable else { throw error }
                usleep(20_000)
            }
        }
        throw StorageError(.unavailable, detail: database)
    }

    private static func open(
        _ folder: String, _ database: String, _ diary: Diary, _ executioner: Executioner
    ) throws -> Sequencer {
        let log = CrashLog.log
        return Sequencer(
            store: try store(folder, database),
            lock: try FileCheckpointLock(path: CrashLog.lock(in: folder)), identity: log.identity,
            observer: { step in
                switch step {
                case .signed(let note): diary.write(.signed(note))
                case .locked(let note): diary.write(.locked(note))
                case .planned, .committed, .acknowledged: break
                }
                executioner.pass(CrashLog.name(of: step))
            }, now: TestClock().now)
    }

    /// Publishes what is released over and over, and once more when it is told to end.
    private static func publish(
        _ folder: String, _ database: String, _ diary: Diary, _ executioner: Executioner
    ) throws -> Task<Void, Never> {
        let lock = try FileCheckpointLock(path: CrashLog.lock(in: folder))
        let publisher = TilePublisher(
            target: try TileFolder(CrashLog.tiles(in: folder)),
            log: try store(folder, database)
        ) { note throws(StorageError) in
            CrashLog.verified(note)
        } reaching: {
            executioner.pass(CrashLog.name(of: $0))
        }
        return Task {
            var isLast = false
            repeat {
                isLast = Task.isCancelled
                if let note = try? lock.current(), let checkpoint = CrashLog.verified(note) {
                    // A database that lacks what was released, or contradicts it, publishes nothing.
                    let published = try? await publisher.publish(.init(note: note, checkpoint: checkpoint))
                    if let published { diary.write(.published(published.note)) }
                }
                try? await Task.sleep(for: .milliseconds(2))  // cancelled: the last time
            } while !isLast
        }
    }

    /// Asks for every command until it is acknowledged, or until the log takes nothing more.
    private static func append(_ prefix: String, through sequencer: Sequencer, _ diary: Diary) async {
        let log = CrashLog.log
        // The other process may have been quicker.
        _ = try? await sequencer.append(log.certification)
        await withTaskGroup(of: Void.self) { group in
            for producer in 0..<producers {
                group.addTask {
                    for number in 0..<commands {
                        let key = "\(prefix)-\(producer)-\(number)"
                        let append = Append(
                            (0...number % 3).map { _ in
                                log.proposal(
                                    stream: number % 2 == 0 ? "shared" : key, payload: ["key": .string(key)],
                                    id: CrashLog.eventID())
                            }, idempotency: .init(principal: "p", key: key, request: "r"))
                        for _ in 0..<20 {
                            do throws(AppendError) {
                                let receipt = try await sequencer.append(append)
                                diary.write(.acknowledged(key, receipt))
                                break
                            } catch {
                                switch error {
                                case .behind, .forked, .lockForeign, .lockLost, .readOnly: return
                                default: continue  // a client would ask again
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Ends the process when a step has been taken often enough.
private final class Executioner: Sendable {
    private let step: String
    private let left: Locked<Int>

    init(step: String, count: Int) { (self.step, left) = (step, Locked(count)) }

    func pass(_ step: String) {
        guard step == self.step else { return }
        let isDue = left.withLock { left in
            left -= 1
            return left == 0
        }
        if isDue { kill(getpid(), SIGKILL) }
    }
}
