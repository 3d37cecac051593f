import Concurrency
import Crypto
import Ledger
import Records
import Storage

/// What lies beside the entries: the lock, files, secrets, lists.
extension LogVerification {
    /// Takes down what the database's own check found.
    mutating func add(_ damage: StorageDamage) {
        switch damage.part {
        case .log: add("database", nil, damage.file, "The database's own check: \(damage.finding).")
        case .secrets: add("secret", nil, damage.file, "The secret store's own check: \(damage.finding).")
        case .lists:
            add(
                "lists", nil, damage.file,
                "The lists' own check: \(damage.finding). `cxrledger rebuild` makes them anew.")
        }
    }

    /// Compares the log with what the lock held before it was read.
    mutating func checkLock() {
        guard let lock else { return }
        guard isLogSound else { return lock.ownFindings.forEach { add($0) } }
        let (keys, auditor) = (auditor.keys, auditor)
        let found = lock.findings(origin: ring.origin, size: size, keys: keys) {
            auditor.root(at: $0.size) == $0.root
        }
        for finding in lock.ownFindings + found { add(finding) }
    }

    /// Compares the log with what was published before it was read.
    mutating func checkPublished() async {
        guard let published, published.isThere, isLogSound else { return }
        let (keys, auditor) = (auditor.keys, auditor)
        let found = await published.findings(origin: ring.origin, size: size, key: keys.checkpointKey) {
            auditor.root(at: $0.size) == $0.root
        }
        for finding in found { add(finding) }
    }

    /// Checks that a time stamp is over a checkpoint of this very tree, and that an authority signed it.
    mutating func check(_ event: CheckpointTimestamped, at index: UInt64) {
        stamps += 1
        do throws(LedgerError) {
            let stamp = try CheckpointStamp(
                checkpoint: event.checkpoint, token: event.token, size: event.size, root: event.root)
            guard stamp.checkpoint.origin == ring.origin, auditor.root(at: event.size) == stamp.checkpoint.root else {
                throw LedgerError(.checkpoint, "of another tree")
            }
            guard stamp.token.time == event.time else { throw LedgerError(.field, "time") }
            if let authorities { _ = try stamp.verify(authorities: authorities) }
        } catch { add("stamp", index, nil, "The time stamp does not hold: \(error).") }
    }

    /// What is said of time stamps, where there are any.
    var stampChecks: [VerificationReport.Check] {
        guard stamps > 0 else { return [] }
        let verdict = verdict(["stamp"])
        return [
            .init(
                name: "time stamps", standard: "RFC 3161 tokens over checkpoints of this tree",
                verdict: verdict == "passed" && authorities == nil ? "not checked" : verdict,
                detail: authorities == nil
                    ? "\(stamps) stamps; who signed them is looked at with TSA_CA only"
                    : "\(stamps) stamps, signed under TSA_CA")
        ]
    }

    /// Checks what waits in the spool for its place in the log.
    mutating func checkSpool(_ home: Home) {
        // The key that signed it may have been certified by what is missing.
        guard isLogSound, verdict(["behind"]) != "failed" else { return leaveUnchecked("spool") }
        do {
            guard let bytes = try SmallFile.read(home.spool, limit: 1 << 26) else { return }
            let contents = SpoolContents(bytes)
            spooled = contents.records.count
            guard contents.checked(origin: ring.origin, certificates: auditor.certificates).isSound else {
                return add("spool", nil, home.spool, "The spool holds what this log's key did not sign, or not there.")
            }
        } catch { add("spool", nil, home.spool, "The spool cannot be read.") }
    }

    /// Checks every file that an event names, until the place where they are does not answer.
    mutating func checkFiles(_ blobs: Blobs) async {
        var checked: Set<Digest> = []
        let named =
            cards.map { NamedFile(index: $1, name: $0, kind: .card) }
            + files.filter { checked.insert($0.name).inserted }
            .map { NamedFile(index: $0.index, name: $0.name, kind: $0.isModel ? .model : .image) }
        let found = Locked<[(file: NamedFile, error: StorageError)]>([])
        // What goes wrong is found, and ends nothing, unless it would go wrong with every other one too.
        try? await concurrentForEach(of: named, atMost: 16) { file throws(StorageError) in
            let store = file.store(blobs)
            do throws(StorageError) { _ = try await store.get(file.name) } catch {
                found.withLock { $0.append((file, error)) }
                guard !store.failsAsAWhole || error.code == .missing || error.code == .corrupt else { throw error }
            }
        }
        for (file, error) in found.withLock({ $0 }).sorted(by: { $0.file.index < $1.file.index }) {
            let isModel = file.kind != .image
            let sentence: String? =
                switch (error.code, file.kind) {
                case (.missing, .card): nil  // those of earlier versions were not kept
                case (.missing, _): "The file is missing."
                case (.corrupt, .card): "The model's card is not what was recorded."
                case (.corrupt, _): "The file is not what was recorded."
                case (.unavailable, _), (.refused, _), (.bucketMissing, _), (.full, _), (.incompatible, _),
                    (.schema, _):
                    file.store(blobs).failsAsAWhole
                        ? "The file cannot be read, and no further one was: \(error)"
                        : "The file cannot be read: \(error)"
                }
            guard let sentence else { continue }
            add(isModel ? "model" : "image", file.index, file.store(blobs).place(of: file.name), sentence)
        }
    }

    private struct NamedFile: Sendable {
        enum Kind: Sendable { case image, model, card }
        let index: UInt64
        let name: Digest
        let kind: Kind

        func store(_ blobs: Blobs) -> any BlobStore { kind == .image ? blobs.images : blobs.models }
    }

    /// Checks that every secret opens as what its row says, and that every subject of a prediction has one.
    mutating func checkSecrets(_ backend: any StorageBackend) async {
        do {
            let store = try backend.openSecrets(origin: ring.origin)
            let vault = Vault(store: store, ring: ring)
            var missing = subjects
            if !ring.hasWrappingKey { leaveUnchecked("secret") }  // a copy for somebody who may open no patient
            for record in try await store.all() {
                let index = missing.removeValue(forKey: record.subject)
                guard ring.hasWrappingKey, (try? vault.open(record)) == nil else { continue }
                add("secret", index, nil, "The secret of subject \(record.subject) does not open as its row says.")
            }
            if let (subject, index) = missing.min(by: { $0.value < $1.value }) {
                add(
                    "secret", index, nil,
                    "Subjects of predictions without their secret: \(missing.count), \(subject) first.")
            }
        } catch { add("secret", nil, nil, "The secret store cannot be read.") }
    }

    /// Folds the log again and compares with the lists that people are shown.
    mutating func checkLists(_ backend: any StorageBackend, home: Home) async {
        guard isLogSound else { return }
        do {
            let log = try backend.openLog(origin: ring.origin)
            let live = try backend.openProjections(origin: ring.origin)
            for projection in Application.projections {
                try await live.prepare(projection)
                let state = try await live.state(projection)
                // Lists that know more than a log which lacks entries are right again when it was recovered.
                guard state.position <= size || verdict(["behind"]) != "failed" else {
                    leaveUnchecked("lists")
                    continue
                }
                // A list may have passed over an event before it came to what let it.
                let due = try await backend.fold(
                    [projection], of: log, upTo: state.position, skippingWhatLaterEntriesSay: true, in: home.scratch)
                guard due != [state] else { continue }
                add(
                    "lists", nil, nil,
                    "The list '\(projection.name)' is not what the entries make; `cxrledger rebuild` makes it anew.")
            }
        } catch {
            let error = ServiceError(wrapping: error)
            // Nobody asked for a list yet, or there is no room to make them for comparison.
            let isHarmless = [StorageError.Code.missing, .full].contains { $0.rawValue == error.code }
            if isHarmless { return leaveUnchecked("lists") }
            add("lists", nil, nil, "The lists cannot be read or folded again: \(error).")
        }
    }
}
