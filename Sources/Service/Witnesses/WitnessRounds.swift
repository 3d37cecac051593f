import Crypto
import HTTPClient
import Ledger
import Records
import Storage

/// Brings each published checkpoint to the witnesses of a policy and collects what they cosign.
///
/// In rounds: all witnesses are asked about the same checkpoint, or a quorum could never meet over a log that grows.
/// Nothing waits for a round; a witness that does not answer is asked again later, and later still.
actor WitnessRounds {
    typealias Adding = CheckpointObserver.Adding

    /// What the rounds reach for.
    struct Surroundings: Sendable {
        /// Proves that the tree of the first size is the beginning of the second.
        let proof: @Sendable (_ old: UInt64, _ new: UInt64) async throws(ServiceError) -> [Digest]
        /// The size of the largest tree that the log ever promised.
        let released: @Sendable () async -> UInt64
        /// A witness would not cosign in spite of a proof.
        let refused: @Sendable (WitnessRefused) async -> Void
        /// A checkpoint meets the policy's quorum.
        let witnessed: @Sendable (SignedNote) async -> Void
        let now: Clock
    }

    /// How long a witness may take to answer, and how long one that failed is left alone: from the first to the second.
    private static let timeout = Duration.seconds(10)
    private static let pauses = (shortest: Duration.seconds(1), longest: Duration.seconds(60))

    private let policy: Policy
    private let surroundings: Surroundings
    private let client = HTTPClient(timeout: timeout, maximumResponseBytes: AddCheckpoint.maximumSize)
    private var standings: [Standing]
    /// The newest checkpoint that was published.
    private var latest: (note: SignedNote, size: UInt64, since: Timestamp, add: Adding)?
    /// The checkpoint of the last round, with all that was collected for it.
    private var collected: SignedNote?
    /// The size of the largest tree that met the quorum, and since when a larger one waits for it.
    private var witnessed: UInt64
    private var unmetSince: Timestamp?
    private var waiter: CheckedContinuation<Void, Never>?
    private var hasNews = false

    /// Starts with the largest tree that is known to have met the quorum.
    init(policy: Policy, witnessed: UInt64, _ surroundings: Surroundings) {
        (self.policy, self.surroundings, self.witnessed) = (policy, surroundings, witnessed)
        standings = policy.witnesses.filter { $0.url != nil }.map { Standing($0) }
    }

    /// How far a witness is.
    private struct Standing {
        let witness: Policy.Witness
        /// The size that it says it cosigned last.
        var known: UInt64 = 0
        /// The size of the last tree of which its cosignature is here.
        var cosigned: UInt64 = 0
        /// Since when a larger one was published.
        var waitingSince: Timestamp?
        var pause = WitnessRounds.pauses.shortest
        var notBefore = ContinuousClock.now
        var problem: String?
        /// What was told already, and is not again until it cosigns.
        var told: Set<String> = []

        init(_ witness: Policy.Witness) { self.witness = witness }
    }

    /// Takes a checkpoint that was published; returns at once.
    func offer(_ text: String, adding add: @escaping Adding) {
        guard let note = try? SignedNote(parsing: text), let checkpoint = try? Checkpoint(text: note.text),
            checkpoint.size > latest?.size ?? 0
        else { return }
        let time = surroundings.now()
        latest = (note, checkpoint.size, time, add)
        for position in standings.indices where standings[position].waitingSince == nil {
            standings[position].waitingSince = time
        }
        if checkpoint.size > witnessed { unmetSince = unmetSince ?? time }
        hasNews = true
        wake()
    }

    /// Holds rounds until the task is cancelled.
    func run() async {
        while !Task.isCancelled {
            hasNews = false
            let pause = await round()
            guard !hasNews else { continue }
            await wait(atMost: pause)
        }
    }

    /// Asks all witnesses that are due; answers how long until one of the others is.
    private func round() async -> Duration? {
        guard let (note, size, _, add) = latest else { return nil }
        if collected?.text != note.text { collected = note }
        let time = ContinuousClock.now
        let due = standings.indices.filter { isWanted($0, size) && standings[$0].notBefore <= time }
        await withTaskGroup(of: (Int, WitnessSubmission.Outcome, UInt64?).self) { group in
            for position in due {
                let submission = WitnessSubmission(
                    note: note, size: size, witness: standings[position].witness, client: client,
                    proof: surroundings.proof)
                let known = standings[position].known
                group.addTask {
                    let (outcome, named) = await submission.run(known: known)
                    return (position, outcome, named)
                }
            }
            for await (position, outcome, named) in group { await take(outcome, named, of: position, size, add) }
        }
        let next = standings.indices.filter { isWanted($0, size) }.map { standings[$0].notBefore }.min()
        return next.map { max(.zero, ContinuousClock.now.duration(to: $0)) }
    }

    private func isWanted(_ position: Int, _ size: UInt64) -> Bool {
        standings[position].cosigned < size && standings[position].known <= size
    }

    private func take(
        _ outcome: WitnessSubmission.Outcome, _ named: UInt64?, of position: Int, _ size: UInt64, _ add: Adding
    ) async {
        if let named {
            // It cosigned more than it remembers.
            if named < standings[position].cosigned { await tell(position, size, status: 409, "rolled-back") }
            standings[position].known = named
        }
        switch outcome {
        case .cosigned(let note): await take(note, from: position, size, add)
        case .ahead(let larger):
            // Another process of this log was there first; or there is another log under its name.
            if larger <= (await surroundings.released()) {
                standings[position].problem = nil
            } else {
                standings[position].known = 0
                await refused(position, size, status: 409, "ahead")
            }
        case .refused(let status, let detail): await refused(position, size, status: status, detail)
        case .failed(let code): postpone(position, because: code)
        }
    }

    private func take(_ note: SignedNote, from position: Int, _ size: UInt64, _ add: Adding) async {
        let witness = standings[position].witness
        standings[position].known = size
        standings[position].cosigned = size
        standings[position].pause = Self.pauses.shortest
        standings[position].problem = nil
        standings[position].told = []
        standings[position].waitingSince = latest.flatMap { $0.size > size ? $0.since : nil }
        let line = note.signatures.filter { $0.keyID == witness.key.id && $0.name == witness.key.name }
        guard let before = collected, before.text == note.text else { return }
        let more = before.replacing(line)
        collected = more
        _ = await add(line)  // a later one may be published by now
        let names = policy.witnesses.filter { witness in
            more.signatures.contains { $0.keyID == witness.key.id && $0.name == witness.key.name }
        }
        guard policy.isQuorumMet(by: Set(names.map(\.name))), size >= witnessed else { return }
        witnessed = size
        unmetSince = latest.flatMap { $0.size > size ? $0.since : nil }
        await surroundings.witnessed(more)
    }

    private func refused(_ position: Int, _ size: UInt64, status: Int, _ detail: String) async {
        postpone(position, because: detail)
        // Not soon: it takes a person to change this.
        standings[position].notBefore = .now + Self.pauses.longest
        await tell(position, size, status: status, detail)
    }

    private func tell(_ position: Int, _ size: UInt64, status: Int, _ detail: String) async {
        guard standings[position].told.insert(detail).inserted else { return }
        await surroundings.refused(
            .init(witness: standings[position].witness.key.name, size: size, status: Int64(status), detail: detail))
    }

    private func postpone(_ position: Int, because code: String) {
        standings[position].problem = code
        standings[position].notBefore = .now + standings[position].pause
        standings[position].pause = min(standings[position].pause * 2, Self.pauses.longest)
    }

    /// Waits for a new checkpoint, and for a time at most.
    private func wait(atMost limit: Duration?) async {
        let timer = limit.map { limit in
            Task {
                // Cancelled: there was news before.
                do { try await Task.sleep(for: limit) } catch { return }
                wake()
            }
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                guard !hasNews, !Task.isCancelled else { return continuation.resume() }
                waiter = continuation
            }
        } onCancel: {
            Task { await self.wake() }
        }
        timer?.cancel()
    }

    private func wake() {
        waiter?.resume()
        waiter = nil
    }
}

extension WitnessRounds: CheckpointObserver {
    func published(
        _ checkpoint: SignedCheckpoint, after previous: SignedCheckpoint?, adding add: @escaping Adding
    ) async { offer(checkpoint.note, adding: add) }
}

extension WitnessRounds {
    /// How the witnesses stand, for health and metrics.
    struct Report: Sendable {
        struct Line: Sendable {
            let name: String
            /// How many published entries it has not cosigned, and since how many seconds.
            let entries: UInt64
            let seconds: Double
            let problem: String?
        }

        let lines: [Line]
        /// The size of the largest tree that met the quorum.
        let witnessed: UInt64
        /// How many seconds a published checkpoint has been waiting for a quorum; nil when the newest has one.
        let unmet: Double?
    }

    var report: Report {
        let time = surroundings.now()
        func seconds(_ since: Timestamp) -> Double { Double(max(0, time.microseconds - since.microseconds)) / 1e6 }
        let size = latest?.size ?? 0
        return Report(
            lines: standings.map { standing in
                Report.Line(
                    name: standing.witness.key.name, entries: size - min(size, standing.cosigned),
                    seconds: standing.waitingSince.map(seconds) ?? 0, problem: standing.problem)
            }, witnessed: witnessed, unmet: policy.quorum == nil ? nil : unmetSince.map(seconds))
    }
}
