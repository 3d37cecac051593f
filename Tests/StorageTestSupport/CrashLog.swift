import Crypto
import Glibc
public import Ledger
public import Storage

/// What the processes of the crash rig and the tests that start them agree on.
public enum CrashLog {
    /// The same log in every process.
    public static let log = TestLog(origin: "log.example/crash", seed: 7)

    /// The steps at which a process may be told to end.
    public static let steps =
        ["planned", "committed", "signed", "locked", "acknowledged"] + TilePublisher.Step.allCases.map(name)

    public static func name(of step: AppendStep) -> String {
        switch step {
        case .planned: "planned"
        case .committed: "committed"
        case .signed: "signed"
        case .locked: "locked"
        case .acknowledged: "acknowledged"
        }
    }

    public static func name(of step: TilePublisher.Step) -> String { "publishing: \(step.rawValue)" }

    /// Where the log is published to.
    public static func tiles(in folder: String) -> String { "\(folder)/tlog" }

    /// Reads a note that the log has signed.
    public static func verified(_ note: String) -> Checkpoint? {
        try? Checkpoint(note: note, signedBy: [log.checkpointSigner.verifierKey])
    }

    /// Where the checkpoint lock lies.
    public static func lock(in folder: String) -> String { "\(folder)/checkpoint" }

    /// An event id that no other process makes.
    public static func eventID() -> String {
        let hex = Hex.encode(SecureRandom.bytes(12))
        return "00000000-0000-7000-8\(hex.prefix(3))-\(hex.suffix(12))"
    }
}

/// What somebody outside of a process has seen of it, kept when the process is killed.
public final class Diary: Sendable {
    /// One line.
    public enum Line: Sendable {
        case signed(String)
        case locked(String)
        case acknowledged(String, Receipt)
        case published(String)
    }

    /// What one line says when it is read again.
    public struct Seen: Sendable {
        /// `signed`, `locked`, `acknowledged` or `published`.
        public let kind: String
        public let note: String
        /// Of an acknowledged command.
        public let key: String
        public let hashes: [String]
        public let index: UInt64
    }

    private let descriptor: Int32

    /// Opens or creates a diary, to write at its end.
    public init(path: String) throws(StorageError) {
        descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw StorageError(.unavailable, detail: path) }
    }

    deinit { close(descriptor) }

    /// Writes a line at once; what the kernel has taken survives the process.
    public func write(_ line: Line) {
        let text =
            switch line {
            case .signed(let note): "signed \(Base64.encode(Array(note.utf8)))\n"
            case .locked(let note): "locked \(Base64.encode(Array(note.utf8)))\n"
            case .published(let note): "published \(Base64.encode(Array(note.utf8)))\n"
            case .acknowledged(let key, let receipt):
                "acknowledged \(Base64.encode(Array(receipt.checkpoint.utf8))) \(key) \(receipt.events.first?.index ?? 0) "
                    + receipt.events.map(\.entryHash.hex).joined(separator: ",") + "\n"
            }
        let bytes = Array(text.utf8)
        _ = unsafe bytes.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
    }

    /// Reads a diary; one that was never begun is empty, and a line that was cut off is left out.
    public static func read(_ path: String) throws -> [Seen] {
        guard let bytes = try DurableFile.read(path) else { return [] }
        var lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
        lines.removeLast()
        return lines.compactMap { line in
            let words = line.split(separator: " ").map(String.init)
            guard words.count >= 2, let note = Base64.decode(words[1]) else { return nil }
            return Seen(
                kind: words[0], note: String(decoding: note, as: UTF8.self), key: words.count > 2 ? words[2] : "",
                hashes: words.count > 4 ? words[4].split(separator: ",").map(String.init) : [],
                index: words.count > 3 ? UInt64(words[3]) ?? 0 : 0)
        }
    }
}
