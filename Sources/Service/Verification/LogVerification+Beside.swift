import Crypto
import Glibc
import Ledger
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

    /// Reads the lock's file, before the entries: what was released by then must be among them.
    mutating func readLock(path: String) {
        lockPath = path
        guard unsafe access(path, F_OK) == 0 else { return }  // looking creates nothing
        do {
            let lock = try FileCheckpointLock(reading: path)
            if let damage = try lock.damage() {
                add("lock", nil, path, "The checkpoint lock is damaged: \(damage).")
                return
            }
            (released, checkpoint) = (try lock.notes(), try lock.current())
        } catch { add("lock", nil, path, "The checkpoint lock cannot be read.") }
    }

    /// Checks what the lock held: only whole notes of this log, none ahead of it, each of the same tree.
    mutating func checkLock() {
        guard let path = lockPath, verdict(["lock"]) != "failed" else { return }
        guard !released.isEmpty || size == 0 else {
            add("lock-missing", nil, path, "There is no released checkpoint beside a log that has entries.")
            return
        }
        guard isLogSound else { return }
        guard let key = auditor.checkpointKey else {
            if !released.isEmpty { add("behind", 0, path, "Entries were acknowledged, but the database holds none.") }
            return
        }
        let verifier = VerifierKey(name: ring.origin, key: key)
        for note in released { check(note, key: verifier, path: path) }
    }

    private mutating func check(_ note: String, key: VerifierKey, path: String) {
        guard let locked = try? Checkpoint(note: note, signedBy: [key]), locked.origin == ring.origin,
            // One signature line and nothing else: every byte of the file is accounted for.
            note.hasPrefix(locked.text + "\n"), note.dropFirst(locked.text.count + 1).count(where: { $0 == "\n" }) == 1
        else {
            add("lock", nil, path, "The checkpoint lock holds a note that this log's key did not sign.")
            return
        }
        if locked.size > size {
            add("behind", size, path, "\(locked.size) entries were acknowledged, but the database holds \(size).")
        } else if auditor.root(at: locked.size) != locked.root {
            add("forked", locked.size, path, "At size \(locked.size) the database has another root than was released.")
        }
    }

    /// Checks every file that an event names.
    mutating func checkFiles(_ home: Home) {
        let (images, models) = (FileBlobStore(folder: home.images), FileBlobStore(folder: home.models))
        var checked: Set<Digest> = []
        for (index, name, isModel) in files where checked.insert(name).inserted {
            let store = isModel ? models : images
            do { _ = try store.get(name) } catch {
                add(
                    isModel ? "model" : "image", index, store.path(name),
                    error.code == .missing ? "The file is missing." : "The file is not what was recorded.")
            }
        }
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
                try await live.prepare(projection, .live)
                let state = try await live.state(projection, .live)
                let due = try await backend.fold([projection], of: log, upTo: state.position, in: home.scratch)
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
