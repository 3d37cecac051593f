import Crypto
import Ledger
import Records
import Storage

extension Application {
    /// All keys of the log.
    public func keys(_ context: RequestContext) async throws(ServiceError) -> KeyList {
        try await require(.logRead, for: "keys", context)
        return try await keyList()
    }

    private func keyList() async throws(ServiceError) -> KeyList {
        let (certified, size) = try await certifiedKeys()
        let folder = home.keyFolder(settings.keyAccess)
        // A copy has no private keys, and whoever may not read them is shown the log's own word all the same.
        let kept = (try? folder.usableKeys()) ?? []
        func kind(_ kept: KeyFolder.Kept) -> String? { (try? folder.kind(of: kept))?.rawValue }
        let known = certified.history.map { life in
            let here = kept.first { $0.purpose == life.purpose && $0.signer.publicKey == life.key }
            return KeyView(life, of: origin, in: certified, size: size, kept: here.flatMap(kind))
        }
        let waiting = kept.filter { certified.life(of: $0.signer.publicKey.keyID, $0.purpose) == nil }
        return KeyList(
            origin: origin, rootKey: Base64.encode(ring.root.bytes), size: size,
            keys: known + waiting.map { KeyView(waiting: $0, of: origin, as: kind($0) ?? "") })
    }

    private func certifiedKeys() async throws(ServiceError) -> (CertifiedKeys, UInt64) {
        let control = control
        do {
            return try await log.read { reader throws(StorageError) in
                (try control.keys(reading: reader), try reader.head()?.size ?? 0)
            }
        } catch { throw ServiceError(error) }
    }

    /// Makes keys that wait for certificates, and what the root has to sign for them.
    public func requestKeys(
        _ purposes: Set<String>, on token: String?, _ context: RequestContext
    ) async throws(ServiceError) -> String {
        try await require(.keyManage, for: "request-keys", context)
        let purposes = try Self.purposes(purposes)
        try requireKeysMayChange()
        return try await home.exclusively { () async throws(ServiceError) in
            let (certified, size) = try await certifiedKeys()
            let waiting = try keysToCertify(purposes, on: token, certified).map { $0.kept }
            let request = KeyRequest(
                origin: origin,
                certificates: waiting.map {
                    KeyCertificate(key: $0.signer.publicKey, purpose: $0.purpose, log: origin, validFrom: size)
                })
            return String(decoding: request.bytes, as: UTF8.self)
        }
    }

    /// Replaces keys of the log: the new ones are certified by the root, sign from the very event on that says so, and
    /// the old ones are retired in the same step.
    ///
    /// The new private keys are durable before the log hears of them. Wherever the process ends, the log goes on: with the
    /// old keys, when nothing was recorded; with the new ones, which the next start finds, when it was.
    public func rotateKeys(_ rotation: KeyRotation, _ context: RequestContext) async throws(ServiceError) -> KeyList {
        try await require(.keyManage, for: "rotate-keys", context)
        try requireKeysMayChange()
        try await home.exclusively { () async throws(ServiceError) in try await rotate(rotation, context) }
        return try await keyList()
    }

    private func rotate(_ rotation: KeyRotation, _ context: RequestContext) async throws(ServiceError) {
        let purposes = try Self.purposes(rotation.purposes)
        let word = try rotation.certificates.map { text throws(ServiceError) in try KeyRequest.certified(text) }
        let root = try word == nil ? self.root(for: rotation) : nil
        var made: [KeyFolder.Kept] = []
        do {
            for _ in 0..<Self.attempts {
                let state = try await control.current()
                try await authorized(context, in: state)
                let (certified, size) = try await certifiedKeys()
                // What an earlier rotation could not finish comes first.
                try home.keyFolder(settings.keyAccess).settle(certified, size: size)
                let (keys, event): ([KeyFolder.Kept], KeysCertified)
                if let word {
                    (keys, event) = (try accepted(word, certified), word)
                } else if let root {
                    let waiting = try keysToCertify(purposes, on: rotation.token, certified)
                    made += waiting.filter { $0.isNew }.map { $0.kept }
                    keys = waiting.map { $0.kept }
                    event = try KeysCertified(
                        keys.map { ($0.signer.publicKey, $0.purpose) }, of: origin, validFrom: size, root: root)
                } else {
                    throw Self.rootMissing
                }
                let retired = keys.compactMap { certified.current($0.purpose, at: size) }.map { life in
                    Event.keyRetired(
                        .init(purpose: life.purpose.rawValue, key: life.key.keyID.hex, reason: rotation.reason))
                }
                let events = ([Event.keysCertified(event)] + retired).map { (stream: CertifiedKeys.stream, event: $0) }
                guard try await isRecorded(events, by: keys, epoch: state.epoch, context) else { continue }
                made = []  // of the log now
                let (after, end) = try await certifiedKeys()
                return try home.keyFolder(settings.keyAccess).settle(after, size: end)
            }
            throw AppendError.staleEpoch
        } catch {
            // Only what is certain not to be in the log may be thrown away.
            if !Self.mayBeRecorded(error) { made.forEach(home.keyFolder(settings.keyAccess).discard) }
            throw ServiceError(wrapping: error)
        }
    }

    /// Records a rotation; false when control events came in between, so that it must be decided again.
    private func isRecorded(
        _ events: [(stream: String, event: Event)], by keys: [KeyFolder.Kept], epoch: UInt64, _ context: RequestContext
    ) async throws -> Bool {
        do {
            _ = try await keyRecorder().record(events, in: context, epoch: epoch, signers: keys.map { $0.signer })
            return true
        } catch {
            guard error == .staleEpoch else { throw error }
            return false
        }
    }

    /// Ends a key that does not count any longer, for good.
    public func retireKey(
        _ id: String, reason: String, _ context: RequestContext
    ) async throws(ServiceError) -> KeyList {
        try await require(.keyManage, for: "retire-key", context)
        let (certified, size) = try await certifiedKeys()
        let life = try self.life(of: id, certified)
        guard certified.current(life.purpose, at: size)?.key != life.key else {
            throw ServiceError(
                .conflict, "key-current", "The key signs at present: replace it with `cxrledger keys rotate`.")
        }
        guard life.retiredAt == nil else {
            throw ServiceError(.conflict, "key-retired", "The key was retired by entry \(life.retiredAt ?? 0).")
        }
        let event = KeyRetired(purpose: life.purpose.rawValue, key: life.key.keyID.hex, reason: reason)
        _ = try await command(context) { _ throws(Rejection) in [(CertifiedKeys.stream, .keyRetired(event))] }
        return try await keyList()
    }

    /// Says that somebody else may have signed with a key: what it signed from an index on is flagged by every verifier.
    public func reportCompromised(
        _ id: String, from index: UInt64?, reason: String, _ context: RequestContext
    ) async throws(ServiceError) -> KeyList {
        try await require(.keyManage, for: "report-key", context)
        let (certified, size) = try await certifiedKeys()
        let life = try self.life(of: id, certified)
        guard let index, index <= size else {
            throw ServiceError(.invalid, "index-invalid", "The log has \(size) entries; name the first one in doubt.")
        }
        let event = KeyCompromised(
            purpose: life.purpose.rawValue, key: life.key.keyID.hex, from: index, reason: reason)
        _ = try await command(context) { _ throws(Rejection) in [(CertifiedKeys.stream, .keyCompromised(event))] }
        return try await keyList()
    }
}
