import Crypto
import Ledger
import Records
import Storage
import Verifier

extension Application {
    /// Decides what an export will hold: its id, the released checkpoint, the range and the filters as they are stored.
    func exportPlan(_ request: ExportRequest, _ context: RequestContext) async throws(ServiceError) -> ExportPlan {
        let (note, size) = try await exportCheckpoint(request)
        let filter = try await exportFilter(request, context)
        for known in request.known where !(1...size).contains(known) {
            throw ServiceError(
                .invalid, "export-known",
                "A checkpoint of \(known) entries cannot be continued: the tree that is exported has \(size) entries.")
        }
        let time = now()
        let stamp = time.description.filter { $0.isNumber }.prefix(14)
        return ExportPlan(
            export: "export-\(stamp)-\(size)-\(Hex.encode(SecureRandom.bytes(4)))", grade: request.grade,
            checkpoint: note, range: try await exportRange(request, filter, size: size), filter: filter,
            createdAt: time, known: Set(request.known).sorted())
    }

    /// The checkpoint that everything is proved in: the last one that the policy's witnesses cosigned, unless there is none
    /// or entries behind it are asked for; else the released one.
    private func exportCheckpoint(
        _ request: ExportRequest
    ) async throws(ServiceError) -> (note: String, size: UInt64) {
        let needed = max(request.to ?? 0, request.from.map { $0 + 1 } ?? 0, request.known.max() ?? 0)
        if !request.isNewest, let note = try await witnessedCheckpoint(),
            let size = try? Checkpoint(text: note.text).size, size > 0, needed <= size
        {
            return (note.description, size)
        }
        do {
            guard let signed = try await proven.checkpoint() else { throw await unproved() }
            return (signed.note, signed.checkpoint.size)
        } catch { throw await explained(error) }
    }

    /// How many released entries are behind the tree of an export.
    func newerEntries(than size: UInt64) async -> UInt64 {
        let released = (try? lock.current()).flatMap { try? Checkpoint(note: $0) }?.size ?? 0
        return released > size ? released - size : 0
    }

    /// The policy that goes along: the log's own key, and the witnesses that are asked.
    func exportPolicy(_ key: VerifierKey) throws(ServiceError) -> [UInt8] {
        let policy = try settings.policy.map { path throws(ServiceError) in try PolicyFile.read(path) }
        do throws(LedgerError) {
            let logs = [Policy.Log(key: key)]
            guard let policy else { return try Policy(logs: logs).octets }
            return try policy.replacing(logs: logs).octets
        } catch { throw ServiceError(.invalid, "policy-invalid", "\(settings.policy ?? "") is no policy: \(error).") }
    }

    private func exportFilter(
        _ request: ExportRequest, _ context: RequestContext
    ) async throws(ServiceError) -> ExportFilter {
        var filter = ExportFilter()
        filter.since = try request.since.map { text throws(ServiceError) in try Self.time(text) }
        filter.until = try request.until.map { text throws(ServiceError) in try Self.time(text) }
        if let since = filter.since, let until = filter.until, since >= until {
            throw ServiceError(.invalid, "export-range", "`since` must be before `until`.")
        }
        (filter.stream, filter.type, filter.actor) = (request.stream, request.type, request.actor)
        for (name, text) in [("stream", filter.stream), ("type", filter.type), ("actor", filter.actor)] {
            guard text.map({ (1...256).contains($0.utf8.count) }) ?? true else {
                throw ServiceError(.invalid, "export-filter", "`\(name)` is 1 to 256 characters long.")
            }
        }
        filter.subject = request.subject
        if let patient = request.patient.flatMap(PredictionRequest.trimmed) {
            // Who may ask by a patient's id learns whose entries they are.
            try await require(.patientRead, for: "export of a patient", context)
            try PredictionRequest.check(patient, named: "patient")
            guard request.subject == nil, let subject = try await vault.known(patient: patient) else {
                throw ServiceError(.notFound, "patient-unknown", "Nothing was ever recorded of this patient.")
            }
            filter.subject = subject.id
        }
        if let model = request.model { filter.model = try await fullDigest(model) }
        return filter
    }

    /// The indices that are looked at: those asked for, or as many as prove that no other entry is of the time asked for.
    private func exportRange(
        _ request: ExportRequest, _ filter: ExportFilter, size: UInt64
    ) async throws(ServiceError) -> Range<UInt64> {
        let hasTime = filter.since != nil || filter.until != nil
        if request.from != nil || request.to != nil {
            let (from, to) = (request.from ?? 0, request.to ?? size)
            guard !hasTime, from < to, to <= size else {
                throw ServiceError(
                    .invalid, "export-range",
                    "Ask for a range of time or of indices, not both; indices end at \(size), and `from` is before `to`."
                )
            }
            return from..<to
        }
        guard hasTime else { return 0..<size }
        do {
            return try await log.read { reader throws(StorageError) in
                let first = try filter.since.map { time throws(StorageError) in
                    try Self.first(recordedAtOrAfter: time, size: size, reader)
                }
                let end = try filter.until.map { time throws(StorageError) in
                    try Self.first(recordedAtOrAfter: time, size: size, reader)
                }
                // One entry more at each end shows that the time before and after was not left out.
                return (first.map { $0 == 0 ? 0 : $0 - 1 } ?? 0)..<min(size, (end ?? size) + 1)
            }
        } catch { throw ServiceError(error) }
    }

    /// The first index whose entry was recorded at a time or later; `size` when there is none.
    ///
    /// Times of recording never go back, so it is found by halving.
    private static func first(
        recordedAtOrAfter time: Timestamp, size: UInt64, _ reader: any LogReader
    ) throws(StorageError) -> UInt64 {
        var (low, high) = (UInt64(0), size)
        while low < high {
            let middle = low + (high - low) / 2
            guard let entry = try reader.entries(from: middle, limit: 1).first, entry.index == middle else {
                throw StorageError(.corrupt, detail: "entry \(middle) is missing")
            }
            if try LoggedEvent(entry).envelope.recordedAt < time { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
