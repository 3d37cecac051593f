import CanonicalJSON
import Concurrency
import Glibc
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
            for prefix in words[6...] { await append(prefix, through: sequencer, diary) }
        } catch {
            print("\(name): \(error)")
            exit(1)
        }
        exit(0)
    }

    private static func open(
        _ folder: String, _ database: String, _ diary: Diary, _ executioner: Executioner
    ) throws -> Sequencer {
        let log = CrashLog.log
        return Sequencer(
            store: try SQLiteEventStore(path: "\(folder)/\(database)", origin: log.origin, readers: 1),
            lock: try FileCheckpointLock(path: CrashLog.lock(in: folder)), identity: log.identity,
            observer: { step in
                switch step {
                case .signed(let note): diary.write(.signed(note))
                case .locked(let note): diary.write(.locked(note))
                case .planned, .committed, .acknowledged: break
                }
                executioner.pass(step)
            }, now: TestClock().now)
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

    func pass(_ step: AppendStep) {
        guard CrashLog.name(of: step) == self.step else { return }
        let isDue = left.withLock { left in
            left -= 1
            return left == 0
        }
        if isDue { kill(getpid(), SIGKILL) }
    }
}
