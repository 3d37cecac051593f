import Crypto
import Glibc
import Storage

/// What lies beside the entries that a database lacked: sealed pictures, models, and the secrets of their patients.
struct TailFiles {
    /// What is still not here.
    struct Outcome {
        var missingFiles: [String] = []
        var missingSecrets = 0
    }

    private let tail: MissingTail
    private let ring: KeyRing
    private let backend: any StorageBackend
    private let blobs: Blobs

    init(_ tail: MissingTail, blobs: Blobs, ring: KeyRing, backend: any StorageBackend) {
        (self.tail, self.blobs, self.ring, self.backend) = (tail, blobs, ring, backend)
    }

    /// Takes over what a backup has of it.
    func bring(from backup: String?) async throws -> Outcome {
        var missing: [String] = []
        for (path, file) in tail.files.sorted(by: { $0.key < $1.key }) {
            let store = file.isModel ? blobs.models : blobs.images
            if try await store.contains(file.digest) { continue }
            // A file that is gone or damaged there is told of as missing here.
            if let backup, let bytes = try SmallFile.read("\(backup)/\(path)"), SHA256.hash(bytes) == file.digest {
                _ = try await store.put(bytes)
            } else {
                missing.append(path)
            }
        }
        return Outcome(missingFiles: missing, missingSecrets: try await bringSecrets(from: backup))
    }

    private func bringSecrets(from backup: String?) async throws -> Int {
        let store = try backend.openSecrets(origin: ring.origin)
        var missing: Set<String> = []
        for subject in tail.subjects where try await store.record(subject: subject) == nil { missing.insert(subject) }
        guard !missing.isEmpty, let backup, unsafe access(backup + ".secrets", F_OK) == 0 else { return missing.count }
        let vault = Vault(store: store, ring: ring)
        for record in try RestoredKeys(folder: backup + ".secrets").subjects where missing.contains(record.subject) {
            _ = try vault.open(record)
            if try await store.insert(record).subject == record.subject { missing.remove(record.subject) }
        }
        return missing.count
    }
}
