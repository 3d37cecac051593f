import Crypto
import Ledger
import Records
import Storage
import Verifier

extension Application {
    /// One prediction with everything that proves it, for somebody who has no access to this log.
    ///
    /// With the picture goes the commit key of its subject, by which anybody can tell whether a picture is one of that
    /// patient's that the log committed to (docs/decisions); it opens nothing that is sealed. Giving it out is an event.
    public func passport(
        of id: String, withImage: Bool, _ context: RequestContext
    ) async throws(ServiceError) -> [UInt8] {
        try await require(.predictionRead, for: "passport", context)
        if withImage { try await require(.imageRead, for: "passport with image", context) }
        let history = try await history(of: id)
        let image = withImage ? try await passportImage(of: history.prediction) : nil
        let released: ProvenLog.SignedCheckpoint
        let passport: Passport
        do {
            released = try await passportCheckpoint(of: id)
            let (root, origin) = (ring.root, origin)
            let card = try await modelCard(of: history.prediction.model.digest)
            passport = try await log.read { reader throws(StorageError) in
                do {
                    return try Self.passport(
                        of: history.prediction, root: root, origin: origin, released, card: card, image: image, reader)
                } catch { throw StorageError(checking: "passport", error) }
            }
        } catch { throw await explained(error) }
        // As its reader will check it: what does not hold is not given out.
        let bytes = passport.bytes
        guard bytes.count <= Passport.maximumSize else {
            throw ServiceError(
                .tooLarge, "passport-too-large", "The picture is too large for a passport; ask for one without it.")
        }
        let verdict = PassportVerification.run(bytes, expecting: [.root(ring.root)])
        guard verdict.ok || verdict.code == VerificationCode.compromised.rawValue else {
            throw ServiceError(StorageError(.corrupt, detail: "passport: \(verdict.code)"))
        }
        let look = PredictionRead(
            prediction: history.prediction.prediction, subject: history.prediction.subject,
            part: withImage ? "passport with image" : "passport")
        try await note(
            .predictionRead(look), in: "access", context,
            .init(subject: history.prediction.subject, causation: history.eventID))
        return bytes
    }

    /// What the passport is proved in: what the policy's witnesses cosigned, when all that is known of the prediction is in
    /// it, since its reader may ask for witnesses years later; else the released checkpoint.
    private func passportCheckpoint(of id: String) async throws -> ProvenLog.SignedCheckpoint {
        guard let released = try await proven.checkpoint() else { throw await unproved() }
        guard let note = try await witnessedCheckpoint(), let witnessed = try? Checkpoint(text: note.text),
            let last = try await log.read({ reader throws(StorageError) in try reader.last(of: "prediction/\(id)") }),
            last.index < witnessed.size
        else { return released }
        return .init(note: note.description, checkpoint: witnessed)
    }

    private func passportImage(of prediction: PredictionRecorded) async throws(ServiceError) -> Passport.Image {
        guard let subject = try await vault.subject(id: prediction.subject) else { throw Self.erased }
        guard let sealed = Digest(hex: prediction.image.blob) else { throw ServiceError(StorageError(.corrupt)) }
        return Passport.Image(
            bytes: try await openImage(of: prediction), commitKey: subject.exportedCommitKey, sealedDigest: sealed)
    }

    /// The card that a model was registered with; nil when it came without, or is not kept here.
    private func modelCard(of digest: String) async throws(ServiceError) -> [UInt8]? {
        guard let model = try await control.current().models.models[digest] else { return nil }
        return try await library.card(model.registration.cardDigest)
    }

    private static func passport(
        of prediction: PredictionRecorded, root: Ed25519.PublicKey, origin: String,
        _ released: ProvenLog.SignedCheckpoint, card: [UInt8]?, image: Passport.Image?, _ reader: any LogReader
    ) throws -> Passport {
        let size = released.checkpoint.size
        var cutter = try InclusionCutter(size: size, root: released.checkpoint.root, reading: reader)
        func line(_ stored: StoredEntry) throws -> ProvenLine {
            let (leaf, proof) = try cutter.proof(of: stored.index, reading: reader)
            guard leaf == Entry.hash(stored.bytes) else {
                throw StorageError(.corrupt, detail: "entry \(stored.index) is not in the tree")
            }
            return ProvenLine(entry: try Entry(decoding: stored.bytes), proof: proof)
        }
        func lines(of stream: String) throws -> [ProvenLine] {
            try reader.stream(stream, from: 0, limit: .max).filter { $0.index < size }.map(line)
        }
        let stream = try lines(of: "prediction/\(prediction.prediction)")
        let registration = try reader.stream("models", from: 0, limit: .max).first { stored in
            guard case .known(.modelRegistered(let model)) = try LoggedEvent(stored).fact else { return false }
            return model.digest == prediction.model.digest
        }
        guard let first = stream.first, let registration, registration.index < size else {
            throw StorageError(.missing, detail: "prediction or model")
        }
        return try Passport(
            origin: origin, rootKey: root, prediction: prediction.prediction, entry: first.entry,
            proof: TLogProof(index: first.index, hashes: first.proof.hashes, checkpoint: released.note),
            keys: try lines(of: "keys"), model: try line(registration), modelCard: card,
            reviews: Array(stream.dropFirst()), image: image)
    }
}
