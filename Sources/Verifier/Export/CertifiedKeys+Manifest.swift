public import Crypto
public import Ledger

extension CertifiedKeys {
    /// Whether a key may sign the manifest of an export in a tree of this size: it is the event key of the tree's last
    /// entry, or that of the next one.
    public func signsManifests(_ key: Ed25519.PublicKey, size: UInt64) -> Bool {
        eventKey(at: max(size, 1) - 1) == key || eventKey(at: size) == key
    }
}
