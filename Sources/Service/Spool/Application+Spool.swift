import Crypto
import Ledger
import Records
import Storage

extension Application {
    /// Records that somebody saw a prediction, or, where the log takes nothing for now, keeps that in the spool.
    ///
    /// Only for what a patient's care depends on: whoever reads the log itself waits until it can be recorded.
    ///
    /// - Throws: `spool-full` when there is no room left for it; then nothing may be shown.
    func noteClinical(
        _ event: Event, in stream: String, _ context: RequestContext, _ details: Recorder.Details = .init()
    ) async throws(ServiceError) {
        if readOnly != nil { return try await note(event, in: stream, context, details) }
        // Kept with the id that the log would have it under: it cannot be there twice, whatever became of the first try.
        let proposal = recorder.proposal(event, stream: stream, in: context, details: details)
        do { _ = try await recorder.append(Append([proposal])) } catch {
            guard error.leavesReadingPossible, let spool, let signer = try await spoolSigner() else {
                throw ServiceError(error)
            }
            let now = now()
            let origin = origin
            try await diskWaiters.run { () throws(ServiceError) in
                do throws(StorageError) {
                    try spool.keep(proposal.draft, log: origin, at: now, signer: signer)
                } catch {
                    throw Self.refusal(of: error)
                }
            }
            metrics.count("cxrledger_spooled_total", "Reads that were kept in the spool.")
        }
    }

    /// The event key that counts next; where the log lacks the entry that certified it, the one that is kept as current.
    private func spoolSigner() async throws(ServiceError) -> (any Signer)? {
        guard let keys = signingKeys else { return nil }
        do {
            let signer = try await log.read { reader throws(StorageError) in
                let size = try reader.head()?.size ?? 0
                return keys.signer(.event, at: size, in: try keys.certified(reading: reader))
            }
            if let signer { return signer }
        } catch { throw ServiceError(error) }
        return try home.keyFolder(settings.keyAccess).keys().first { $0.purpose == .event && !$0.isPending }?.signer
    }

    private static func refusal(of error: StorageError) -> ServiceError {
        switch error.code {
        case .full:
            ServiceError(
                .unavailable, "spool-full",
                "The log takes nothing at the moment, and the spool for reads is full, so nothing can be shown. \(nextStep)",
                cause: error.debugDescription)
        case .corrupt:
            ServiceError(
                .unavailable, "spool-damaged",
                "The log takes nothing at the moment, and the spool for reads is damaged, so nothing can be shown. \(nextStep)",
                cause: error.debugDescription)
        case .unavailable, .refused, .bucketMissing, .missing, .incompatible, .schema: ServiceError(error)
        }
    }

    private static let nextStep = "`cxrledger health` says why and what to run; then reading goes on."

    /// Moves what the spool holds into the log, if the log takes it now.
    ///
    /// The events keep their ids, actors and times; only place and time of recording are new. An interrupted move is gone
    /// on with: what is in the log already is not appended again, and the last events go in together with the one that
    /// tells of the move.
    public func emptySpool() async throws(ServiceError) {
        guard let spool, sequencer != nil, readOnly == nil else { return }
        do {
            guard try !spool.isEmpty() else { return }
            guard try await sequencer?.standing() == nil else { return }
            try await spool.moving { () async throws in
                // Reads that come meanwhile may be kept once more.
                for _ in 0..<4 where try !spool.isEmpty() { try await move(spool.contents(), of: spool) }
            }
        } catch { throw ServiceError(wrapping: error) }
    }

    private func move(_ contents: SpoolContents, of spool: SpoolFile) async throws {
        let checked = try await checkedSpool(contents)
        let envelopes = checked.envelopes
        let isSound = checked.isSound
        let missing = try await log.read { reader throws(StorageError) in
            var missing: [Envelope] = []
            for envelope in envelopes where try reader.entry(eventID: envelope.id) == nil { missing.append(envelope) }
            return missing
        }
        if !missing.isEmpty || !isSound {
            var proposals = missing.map { Append.Proposal(draft: EnvelopeDraft($0), isControl: false) }
            while proposals.count > Self.movedTogether {
                _ = try await recorder.append(Append(Array(proposals.prefix(Self.movedTogether))))
                proposals.removeFirst(Self.movedTogether)
            }
            let event = SpoolAppended(
                records: Int64(envelopes.count), first: envelopes.first?.occurredAt.description ?? "",
                last: envelopes.last?.occurredAt.description ?? "", digest: contents.digest.hex)
            let told = recorder.proposal(
                .spoolAppended(event), stream: "access", in: systemContext(),
                details: isSound ? .init() : .init(.serious, because: "spool-damaged"))
            _ = try await recorder.append(Append(proposals + [told]))
        }
        if isSound {
            _ = try spool.clear(contents)
            journal?.write(.info, "spool appended", ["records": String(envelopes.count)])
        } else {
            let name = "\(home.spool).damaged-\(now().description.filter(\.isNumber).prefix(14))"
            try spool.setAside(as: name)
            journal?.write(.error, "spool damaged", ["kept": name, "records": String(envelopes.count)])
        }
    }

    private static let movedTogether = 256

    /// The records up to the first that is not what this log's key signed, in its place.
    func checkedSpool(_ contents: SpoolContents) async throws -> (envelopes: [Envelope], isSound: Bool) {
        let control = control
        let keys = try await log.read { reader throws(StorageError) in try control.keys(reading: reader) }
        return contents.checked(origin: origin, certificates: keys.certificates)
    }
}

extension SpoolContents {
    /// The records up to the first that is not what the log's key signed, in its place.
    func checked(origin: String, certificates: [KeyCertificate]) -> (envelopes: [Envelope], isSound: Bool) {
        let known = certificates.filter { $0.purpose == .event }.map(\.key)
        var envelopes: [Envelope] = []
        var previous: Digest?
        for record in records {
            guard let key = known.first(where: { $0.keyID == record.keyID }), record.verify(with: key),
                let envelope = try? Envelope(parsing: record.envelope), envelope.log == origin,
                envelope.version == UInt64(envelopes.count), envelope.previous == previous,
                let type = EventType(rawValue: envelope.type), [.predictionRead, .predictionSearched].contains(type)
            else { return (envelopes, false) }
            previous = SHA256.hash(record.envelope)
            envelopes.append(envelope)
        }
        return (envelopes, !isDamaged)
    }
}

extension AppendError {
    /// Whether what is in the log may be shown although nothing can be added: it lacks entries or room, but it is the log
    /// that was acknowledged.
    var leavesReadingPossible: Bool {
        switch self {
        case .behind, .store(.full): true
        case .conflict, .staleEpoch, .inFlight, .idempotencyMismatch, .overloaded, .forked, .lockForeign, .lockLost,
            .readOnly, .signerUnavailable, .invalid, .store, .outcomeUnknown:
            false
        }
    }
}
