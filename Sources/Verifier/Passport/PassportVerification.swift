import CanonicalJSON
import Crypto
public import Ledger

/// Verifies a passport from nothing but itself and what the reader holds (docs/formats.md, "Passport").
public struct PassportVerification {
    private let passport: Passport
    private let held: Holdings
    private var book = CheckBook(
        kind: "passport",
        leavingOut: [.files, .manifestSignature, .digests, .counts, .filters, .renderings, .stamps])

    private init(_ passport: Passport, expecting: [Holding]) {
        (self.passport, held) = (passport, Holdings(expectations: expecting))
    }

    /// Verifies the file's bytes.
    public static func run(
        _ bytes: [UInt8], expecting: [Holding] = [], policy: Policy? = nil
    ) -> VerificationVerdict {
        do throws(LedgerError) {
            var verification = PassportVerification(try Passport(parsing: bytes), expecting: expecting)
            verification.check(policy)
            return verification.verdict
        } catch {
            return .malformed("passport", "The passport has not its form: \(error).")
        }
    }

    private var checkpoint: Checkpoint { passport.heldCheckpoint.checkpoint }

    private mutating func check(_ policy: Policy?) {
        if let sentence = held.contradiction(root: passport.rootKey, origin: passport.origin) {
            book.fail(.expectedRoot, .expectationRoot, sentence)
        } else if !held.hasRoot {
            book.skip(.expectedRoot, "You gave no root key: it was taken from the passport itself.")
        }
        let keys: CertifiedKeys
        do throws(KeyHistory.Fault) {
            keys = try KeyHistory(
                passport.keys, root: passport.rootKey, origin: passport.origin, size: checkpoint.size
            ).keys
        } catch { return book.fail(.keys, .keys, error.sentence) }
        checkCheckpoint(keys)
        let envelopes = checkEntries(keys)
        checkInclusion()
        if let (prediction, model, reviews) = envelopes { checkContents(prediction, model, reviews) }
        checkHeld(keys)
        PolicyCheck.run(
            policy, isOwn: true, passport.heldCheckpoint.note,
            known: [keys.verifierKey(of: passport.origin, size: checkpoint.size)].compactMap(\.self), &book)
        checkCompromise(keys)
        if !held.hasAnchor, policy?.logs.isEmpty ?? true {
            book.fail(
                .start, .unanchored,
                "Give what you hold with --expect: the root key, a verifier key, a checkpoint, an older passport.")
        }
        describe()
    }

    private mutating func checkCheckpoint(_ keys: CertifiedKeys) {
        let key = keys.verifierKey(of: passport.origin, size: checkpoint.size)
        let isSigned = key.map { (try? passport.heldCheckpoint.note.verify(with: [$0])) != nil } ?? false
        guard isSigned, checkpoint.origin.utf8.elementsEqual(passport.origin.utf8) else {
            return book.fail(
                .checkpoint, .checkpointSignature, "The checkpoint is not signed by the log's checkpoint key.")
        }
    }

    private var lines: [ProvenLine] {
        let proof = InclusionProof(index: passport.proof.index, size: checkpoint.size, hashes: passport.proof.hashes)
        return [ProvenLine(entry: passport.entry, proof: proof), passport.model] + passport.reviews
    }

    /// The envelopes of prediction, model and reviews, when they are signed as they must be.
    private mutating func checkEntries(
        _ keys: CertifiedKeys
    ) -> (prediction: Envelope, model: Envelope, reviews: [Envelope])? {
        var envelopes: [Envelope] = []
        for line in lines {
            do throws(EntryCheck.Fault) {
                envelopes.append(
                    try EntryCheck.envelope(of: line.entry, at: line.index, keys: keys, origin: passport.origin))
            } catch { book.fail(.entries, error.code, error.sentence) }
        }
        guard envelopes.count == lines.count else { return nil }
        return (envelopes[0], envelopes[1], Array(envelopes[2...]))
    }

    private mutating func checkInclusion() {
        for line in lines + passport.keys
        where !line.proof.verify(leaf: Entry.hash(line.entry.bytes), root: checkpoint.root) {
            book.fail(.inclusion, .inclusion, "Entry \(line.index) is not in the tree of the checkpoint.")
        }
    }

    /// Whether all of it is about one prediction.
    private mutating func checkContents(_ prediction: Envelope, _ model: Envelope, _ reviews: [Envelope]) {
        let payload = prediction.parsedPayload()
        guard prediction.type == "PredictionRecorded", prediction.version == 0,
            prediction.stream == "prediction/\(passport.prediction)",
            payload["prediction"]?.stringValue == passport.prediction
        else {
            return book.fail(.contents, .filter, "The entry does not record the prediction that the passport names.")
        }
        guard model.type == "ModelRegistered", let digest = model.parsedPayload()["digest"]?.stringValue,
            digest == payload["model"]?["digest"]?.stringValue
        else { return book.fail(.contents, .filter, "The model is not the one that predicted.") }
        if let card = passport.modelCard, SHA256.hash(card).hex != model.parsedPayload()["card_digest"]?.stringValue {
            return book.fail(.contents, .fileDigest, "The model card is not the one that was registered.")
        }
        checkImage(payload)
        checkStream(prediction, reviews)
    }

    private mutating func checkImage(_ payload: JSONValue) {
        guard let image = passport.image else { return book.leaveUnchecked("The picture: it is not in the passport.") }
        let commit = HMACSHA256.authenticate(image.bytes, key: SecretBytes(image.commitKey))
        guard payload["image"]?["commit"]?.stringValue == commit.hex,
            payload["image"]?["blob"]?.stringValue == image.sealedDigest.hex
        else { return book.fail(.contents, .fileDigest, "The picture is not the one that the entry commits to.") }
    }

    private mutating func checkStream(_ first: Envelope, _ reviews: [Envelope]) {
        var last = passport.proof.index
        for (line, envelope) in zip(passport.reviews, reviews) {
            guard envelope.stream.utf8.elementsEqual(first.stream.utf8) else {
                return book.fail(.contents, .filter, "Entry \(line.index) is not about this prediction.")
            }
            if line.index <= last { book.fail(.order, .order, "Entry \(line.index) stands behind entry \(last).") }
            last = line.index
        }
        var chains = StreamChains()
        // What is wrong with the first one shows in its proof.
        try? chains.accept(first, digest: passport.entry.envelopeDigest, at: passport.proof.index)
        for (line, envelope) in zip(passport.reviews, reviews) {
            do { try chains.accept(envelope, digest: line.entry.envelopeDigest, at: line.index) } catch {
                return book.fail(.streams, .streamHole, "Entry \(line.index): \(error.sentence)")
            }
        }
    }

    private mutating func checkHeld(_ keys: CertifiedKeys) {
        let own = passport.heldCheckpoint
        if let sentence = held.contradiction(keys: keys, checkpoint: own.checkpoint, known: [:], roots: [:]) {
            book.fail(.heldCheckpoints, .expectationCheckpoint, sentence)
        } else if held.sizes.isEmpty {
            book.skip(.heldCheckpoints, "You gave no checkpoint to compare with.")
        }
        let hash = Entry.hash(passport.entry.bytes)
        if let sentence = held.contradiction(index: passport.proof.index, hash: hash) {
            book.fail(.heldRecords, .expectationRecord, sentence)
        }
        if !held.records.isSubset(of: Set(lines.map { Entry.hash($0.entry.bytes) })) {
            book.fail(.heldRecords, .expectationRecord, "The record that you hold is not in it.")
        } else if held.records.isEmpty {
            book.skip(.heldRecords, "You gave no record to look for.")
        }
    }

    private mutating func checkCompromise(_ keys: CertifiedKeys) {
        let flagged = lines.map(\.index).filter { keys.isCompromised(.event, at: $0) }
        if !flagged.isEmpty {
            book.flag("A compromised key signed the entries \(flagged.map(String.init).joined(separator: ", ")).")
        }
        if keys.isCheckpointCompromised(size: checkpoint.size) {
            book.flag("The key that signed the checkpoint is compromised; only witnesses vouch for it.")
        }
    }

    private mutating func describe() {
        held.describe(in: &book)
        book.pass(.form, "The passport has its form.")
        book.pass(.keys, "\(passport.keys.count) entries, each key certified by the root key.")
        book.pass(
            .checkpoint, "The log promised a tree of \(checkpoint.size) entries with root \(checkpoint.root.hex).")
        book.pass(
            .entries,
            "Prediction, model and \(passport.reviews.count) later entries, each signed by the key that counts.")
        book.pass(.inclusion, "Each entry is in the tree at its index.")
        book.pass(
            .contents,
            passport.image == nil
                ? "All of it is about one prediction."
                : "All of it is about one prediction; the picture is the one that was scored.")
        book.pass(.order, "Ascending.")
        book.pass(.streams, "The prediction's stream is without a hole from its record on.")
        book.leaveUnchecked("Whether the prediction was reviewed again after the last entry here.")
        book.leaveUnchecked("Whether the key history has later entries, such as the report of a stolen key.")
        book.leaveUnchecked(
            "Whether the log showed others the same tree, unless witnesses cosigned or you gave a checkpoint.")
        book.leaveUnchecked(
            "Whether the prediction is right; `cxrledger reproduce` computes it again where the picture is.")
    }

    private var verdict: VerificationVerdict {
        book.verdict(
            origin: passport.origin, size: checkpoint.size, root: checkpoint.root.hex,
            success:
                "Verified: the log recorded prediction \(passport.prediction) as entry \(passport.proof.index), with this model and these reviews."
        )
    }
}
