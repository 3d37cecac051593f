import Concurrency
import Crypto
import Glibc
public import Ledger

/// What a witness remembers, in a folder: the last checkpoint that it cosigned for each log.
///
/// `logs/<hex SHA-256 of the origin>/checkpoint` is the signed note with the witness' own cosignature. It is compared
/// and replaced in one step, across processes too, and durable before anybody learns of the cosignature.
public actor WitnessFolder {
    /// What came of a request.
    public enum Answer: Hashable, Sendable {
        /// The witness' cosignature.
        case cosigned(SignedNote.Signature)
        case refused(WitnessDecision.Refusal)
    }

    private let executor = SerialQueueExecutor(label: "witness")
    public nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }

    private let path: String
    private let cosigner: Cosigner
    private let keys: [VerifierKey]
    private let now: @Sendable () -> Timestamp
    private let afterPersisting: @Sendable () -> Void
    private let turn: Int32
    /// The sizes that this process has seen by the hashes of origins: files that are put back show at once.
    private var seen: [String: UInt64] = [:]

    /// Opens the folder, which must be there.
    ///
    /// - Parameters:
    ///   - path: the folder.
    ///   - cosigner: the witness.
    ///   - keys: those of the logs that are witnessed, each named as its origin.
    ///   - now: the clock of cosignatures.
    ///   - afterPersisting: runs between remembering and answering; for tests.
    /// - Throws: `.unavailable` when the folder cannot be used.
    public init(
        path: String, cosigner: Cosigner, keys: [VerifierKey], now: @escaping @Sendable () -> Timestamp,
        afterPersisting: @escaping @Sendable () -> Void = {}
    ) throws(StorageError) {
        (self.path, self.cosigner, self.keys, self.now) = (path, cosigner, keys, now)
        self.afterPersisting = afterPersisting
        turn = unsafe open(path + "/turn", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard turn >= 0 else { throw DurableFile.failure("open", path + "/turn") }
    }

    deinit { close(turn) }

    /// Cosigns a checkpoint if it continues the one that was cosigned last for its log.
    ///
    /// - Throws: `.full`, `.unavailable`, or `.corrupt` when what is remembered of the log cannot be read; then nothing
    ///   was cosigned.
    public func add(_ body: [UInt8]) throws(StorageError) -> Answer {
        let request: AddCheckpoint
        do { request = try AddCheckpoint(parsing: body) } catch { return .refused(.malformed(error)) }
        // Until the new checkpoint is durable, no other process may compare with the old one.
        while flock(turn, LOCK_EX) != 0 { guard errno == EINTR else { throw DurableFile.failure("flock", path) } }
        defer { flock(turn, LOCK_UN) }
        let decision = try WitnessDecision(request, keys: keys) { origin throws(StorageError) in
            try cosigned(Self.hash(origin), origin: origin)
        }
        switch decision {
        case .refuse(let refusal):
            if refusal == .inconsistent { keep(body, of: request) }
            return .refused(refusal)
        case .cosign(let checkpoint, let note):
            let seconds = UInt64(clamping: now().microseconds / 1_000_000)
            let signature = cosigner.sign(note.text, time: seconds)
            let folder = try folder(of: checkpoint.origin)
            try DurableFile.write(Array(note.adding([signature]).description.utf8), to: folder + "/checkpoint")
            seen[Self.hash(checkpoint.origin)] = checkpoint.size
            afterPersisting()
            return .cosigned(signature)
        }
    }

    /// The last cosigned checkpoint of the log whose origin has this SHA-256 in hex, as it is served to monitors.
    public func note(originHash: String) throws(StorageError) -> [UInt8]? {
        guard let digest = Digest(hex: originHash), digest.hex == originHash else { return nil }
        return try DurableFile.read("\(path)/logs/\(originHash)/checkpoint", limit: SignedNote.maximumSize)
    }

    /// How monitors name a log.
    public static func hash(_ origin: String) -> String { SHA256.hash(Array(origin.utf8)).hex }

    private func cosigned(_ hash: String, origin: String) throws(StorageError) -> Checkpoint? {
        let found = try remembered(hash, origin: origin)
        guard found?.size ?? 0 >= seen[hash] ?? 0 else {
            throw StorageError(.corrupt, detail: "\(path)/logs/\(hash)/checkpoint was put back to an earlier one")
        }
        seen[hash] = found?.size
        return found
    }

    private func remembered(_ hash: String, origin: String) throws(StorageError) -> Checkpoint? {
        guard let bytes = try note(originHash: hash) else { return nil }
        // What was damaged or put there by others must never count as a smaller tree.
        guard let text = String(validating: bytes, as: UTF8.self), let note = try? SignedNote(parsing: text),
            (try? note.verify(with: [cosigner.verifierKey])) != nil, let checkpoint = try? Checkpoint(text: note.text),
            checkpoint.origin.utf8.elementsEqual(origin.utf8)
        else { throw StorageError(.corrupt, detail: "\(path)/logs/\(hash)/checkpoint") }
        return checkpoint
    }

    private func folder(of origin: String) throws(StorageError) -> String {
        let folder = "\(path)/logs/\(Self.hash(origin))"
        try DurableFile.makeFolder(folder)
        return folder
    }

    /// Keeps the first signed checkpoint that contradicts what was cosigned: it may prove that the log shows two trees.
    private func keep(_ body: [UInt8], of request: AddCheckpoint) {
        guard let checkpoint = try? Checkpoint(text: request.note.text), let folder = try? folder(of: checkpoint.origin)
        else { return }
        let file = folder + "/inconsistent"
        guard unsafe access(file, F_OK) != 0 else { return }
        try? DurableFile.write(body, to: file)  // refusing matters more than remembering why
    }
}
