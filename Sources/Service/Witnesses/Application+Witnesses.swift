import Concurrency
import Crypto
import Ledger
import Records
import Storage

extension Application {
    /// How long a checkpoint may wait for a quorum before health says so.
    private static let patience = 60.0

    /// Begins to bring published checkpoints to the witnesses of TLOG_POLICY, if there is one.
    func startWitnesses() throws(ServiceError) {
        guard let path = settings.policy else { return }
        let policy = try PolicyFile.read(path)
        let known = (try? SmallFile.read(home.witnessed)).flatMap {
            try? Checkpoint(note: String(decoding: $0, as: UTF8.self))
        }
        let (metrics, journal, home, lock) = (metrics, journal, home, lock)
        let rounds = WitnessRounds(
            policy: policy, witnessed: known?.origin == origin ? known?.size ?? 0 : 0,
            .init(
                proof: { [weak self] old, new throws(ServiceError) in
                    guard let self else { throw Self.proofUnavailable }
                    return try await provenGrowth(from: old, to: new)
                },
                released: { (try? lock.current()).flatMap { try? Checkpoint(note: $0) }?.size ?? 0 },
                refused: { [weak self] event in
                    journal?.write(
                        .error, "witness refused",
                        ["witness": event.witness, "status": "\(event.status)", "code": event.detail])
                    metrics.count(
                        "cxrledger_witness_refused_total", "Checkpoints that a witness would not cosign.",
                        [("witness", event.witness)])
                    guard let self else { return }
                    // A log that cannot take it has said so to everybody already.
                    _ = try? await self.note(.witnessRefused(event), in: "security", systemContext())
                },
                witnessed: { note in
                    do throws(ServiceError) {
                        try SmallFile.write(Array(note.description.utf8), to: home.witnessed)
                    } catch {
                        journal?.write(.error, "witnessed checkpoint not kept", ["detail": error.detail])
                    }
                }, now: now))
        let task = Task { await rounds.run() }
        witnesses.withLock { $0 = (rounds, task) }
        publication.observe(rounds)
    }

    /// Ends the rounds.
    func stopWitnesses() {
        witnesses.withLock { witnesses in
            witnesses?.task.cancel()
            witnesses = nil
        }
    }

    /// The largest checkpoint that met the policy's quorum, with its cosignatures; nil when none is known.
    ///
    /// Only what the log itself has signed and the policy of now accepts.
    func witnessedCheckpoint() async throws(ServiceError) -> SignedNote? {
        guard let path = settings.policy, let bytes = try SmallFile.read(home.witnessed, limit: SignedNote.maximumSize),
            let text = String(validating: bytes, as: UTF8.self), let note = try? SignedNote(parsing: text)
        else { return nil }
        let policy = try PolicyFile.read(path)
        let control = control
        let signed: ProvenLog.SignedCheckpoint?
        do {
            signed = try await log.read { reader throws(StorageError) in
                ProvenLog.checkpoint(text, keys: try control.keys(reading: reader))
            }
        } catch { throw ServiceError(error) }
        guard let signed, (try? note.verify(with: policy.witnesses.map(\.key))) != nil else { return nil }
        let cosigners = policy.witnesses.filter { witness in
            note.signatures.contains { $0.keyID == witness.key.id && $0.name == witness.key.name }
        }
        return signed.checkpoint.origin == origin && policy.isQuorumMet(by: Set(cosigners.map(\.name))) ? note : nil
    }

    /// A proof that the tree grew, checked here first: what is damaged in the store is no news for a witness.
    private func provenGrowth(from old: UInt64, to new: UInt64) async throws(ServiceError) -> [Digest] {
        do {
            return try await log.read { reader throws(StorageError) in
                do {
                    let proof = try ConsistencyProof(old: old, new: new, reading: reader)
                    let (before, after) = (
                        try Merkle.root(size: old, reading: reader), try Merkle.root(size: new, reading: reader)
                    )
                    guard proof.verify(oldRoot: before, newRoot: after) else { throw LedgerError(.proof) }
                    return proof.hashes
                } catch { throw StorageError(checking: "tree", error) }
            }
        } catch { throw ServiceError(error) }
    }

    /// What health says of the witnesses; nil without a policy.
    func witnessCheck() async -> HealthView.Check? {
        guard let rounds = witnesses.withLock({ $0?.rounds }) else { return nil }
        let report = await rounds.report
        let problems = report.lines.compactMap { line in line.problem.map { "\(line.name): \($0)" } }
        let details = problems.isEmpty ? "" : " (\(problems.joined(separator: "; ")))"
        guard let unmet = report.unmet, unmet > Self.patience else {
            return .init(status: "healthy", message: "quorum met at \(report.witnessed)\(details)")
        }
        return .init(
            status: "degraded", message: "no quorum for \(Int(unmet)) s; met at \(report.witnessed)\(details)")
    }

    /// Puts how the witnesses stand into the metrics.
    func measureWitnesses() async {
        guard let rounds = witnesses.withLock({ $0?.rounds }) else { return }
        let report = await rounds.report
        for line in report.lines {
            let label = [("witness", line.name)]
            metrics.set(
                "cxrledger_witness_lag_entries", "Published entries that a witness has not cosigned.", label,
                to: Double(line.entries))
            metrics.set(
                "cxrledger_witness_lag_seconds", "Since when a witness has not cosigned what is published.", label,
                to: line.seconds)
        }
        metrics.set(
            "cxrledger_witnessed_size", "Entries of the largest tree that met the policy's quorum.",
            to: Double(report.witnessed))
        metrics.set(
            "cxrledger_witness_quorum_lag_seconds", "Since when a published checkpoint waits for a quorum.",
            to: report.unmet ?? 0)
    }
}
