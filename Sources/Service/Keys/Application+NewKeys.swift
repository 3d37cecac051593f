import Crypto
import Ledger
import Records
import Storage

extension Application {
    static let rootMissing = ServiceError(
        .conflict, "root-missing",
        "The root key is not in keys/root.key: name its file with --root, or have it sign elsewhere (`cxrledger keys request`, `certify`, then `rotate --certificates`)."
    )

    static func purposes(_ names: Set<String>) throws(ServiceError) -> Set<KeyCertificate.Purpose> {
        let purposes = Set(names.compactMap { KeyCertificate.Purpose(rawValue: $0) })
        guard !purposes.isEmpty, purposes.count == names.count else {
            throw ServiceError(.invalid, "purpose-unknown", "A key is for `event` or for `checkpoint`.")
        }
        return purposes
    }

    /// The root key, which must be the pinned one.
    func root(for rotation: KeyRotation) throws(ServiceError) -> any Signer {
        var access = settings.keyAccess
        if let file = rotation.rootPassphraseFile { access.passphraseFile = file }
        let root = try KeyFile.read(rotation.rootFile ?? home.keys + "/root.key", with: access)
        guard let root else { throw Self.rootMissing }
        guard root.publicKey == ring.root else { throw Self.rootWrong }
        return root
    }

    private static let rootWrong = ServiceError(
        .conflict, "root-wrong", "This is not the root key that is pinned here (keys/root.pub).")

    /// Keys that the log does not know yet: those that wait from before, made where they are wanted, or new ones.
    func keysToCertify(
        _ purposes: Set<KeyCertificate.Purpose>, on token: String?, _ certified: CertifiedKeys
    ) throws(ServiceError) -> [(kept: KeyFolder.Kept, isNew: Bool)] {
        let folder = home.keyFolder(settings.keyAccess)
        let here = try folder.usableKeys().filter { kept in
            kept.isPending && certified.life(of: kept.signer.publicKey.keyID, kept.purpose) == nil
                && kept.token == token
        }
        var waiting: [(kept: KeyFolder.Kept, isNew: Bool)] = []
        for purpose in [KeyCertificate.Purpose.event, .checkpoint] where purposes.contains(purpose) {
            if let kept = here.first(where: { $0.purpose == purpose }) {
                waiting.append((kept, false))
            } else {
                waiting.append((try folder.make(purpose, on: token), true))
            }
        }
        return waiting
    }

    /// The keys that the root's word is about, which must wait here.
    func accepted(
        _ word: KeysCertified, _ certified: CertifiedKeys
    ) throws(ServiceError) -> [KeyFolder.Kept] {
        let certificates: [KeyCertificate]
        do {
            certificates = try KeyCertificate.list(
                payload: Event.keysCertified(word).payload, root: ring.root, origin: origin)
        } catch {
            throw ServiceError(
                .invalid, "certificates-invalid", "The pinned root key did not sign these certificates for this log.")
        }
        let here = try home.keyFolder(settings.keyAccess).usableKeys()
        var keys: [KeyFolder.Kept] = []
        for certificate in certificates {
            let kept = here.first { $0.purpose == certificate.purpose && $0.signer.publicKey == certificate.key }
            guard let kept else {
                throw ServiceError(
                    .conflict, "key-missing",
                    "The private key \(certificate.key.keyID) does not wait here; ask for certificates anew (`cxrledger keys request`)."
                )
            }
            keys.append(kept)
        }
        return keys
    }

    /// Which key is meant, by its id or the beginning of it.
    func life(of id: String, _ certified: CertifiedKeys) throws(ServiceError) -> CertifiedKey {
        let found = id.utf8.count < 8 ? [] : certified.history.filter { $0.key.keyID.hex.hasPrefix(id) }
        guard let life = found.first else {
            throw ServiceError(
                .notFound, "key-unknown", "No key of this log has that id; name eight of its digits or more.")
        }
        guard found.count == 1 else {
            throw ServiceError(.conflict, "key-ambiguous", "Several keys begin so; name more digits of the id.")
        }
        return life
    }

    /// Refuses to change keys where the log may not go on; that its keys were lost is no such reason.
    func requireKeysMayChange() throws(ServiceError) {
        guard try SmallFile.read(home.copyMark) == nil else {
            throw ServiceError(
                .conflict, "copy-of-log",
                "This home was restored without the surviving lock, so nobody knows what was acknowledged after the backup: it must not sign. Restore again with --lock."
            )
        }
        guard let readOnly, readOnly != .readOnly, readOnly != .keysUncertified,
            !readOnly.code.hasPrefix("token-")
        else { return }
        throw readOnly
    }

    /// The way into the log; where the private keys were lost, with those alone that are about to be certified.
    func keyRecorder() -> Recorder {
        guard sequencer == nil else { return recorder }
        let identity = ring.identity ?? LogIdentity(origin: origin, root: ring.root, signers: [])
        return recorder.over(Sequencer(store: log, lock: lock, identity: identity, now: now))
    }

    static func mayBeRecorded(_ error: any Error) -> Bool {
        switch error {
        case AppendError.outcomeUnknown, AppendError.store: true
        case is AppendError, is ServiceError: false
        default: true
        }
    }
}
