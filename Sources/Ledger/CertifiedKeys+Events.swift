public import CanonicalJSON
import Crypto

extension CertifiedKeys {
    private enum EventName: String {
        case keysCertified = "KeysCertified"
        case keyRetired = "KeyRetired"
        case keyCompromised = "KeyCompromised"
    }

    /// Takes what an event says of keys, if it says anything; one that is known already is not taken twice.
    ///
    /// Its signature is not looked at: the sequencer asks this of events that it is about to sign.
    ///
    /// - Throws: `.root` for keys that the root did not certify, and for a first entry that certifies none; `.keyLife` for
    ///   what must not be done to a key: see the cases below.
    public mutating func admit(
        type: String, stream: String, payload: @autoclosure () -> JSONValue, log: String, at index: UInt64
    ) throws(LedgerFinding) {
        let event = EventName(rawValue: type)
        guard index > 0 || event == .keysCertified else {
            throw LedgerFinding(.root, at: index, "The first entry certifies no keys.")
        }
        guard let event, index >= known else { return }
        // Who is given the stream of keys alone must see all of them.
        guard stream == Self.stream else { throw Self.refusal(at: index, "stands in another stream than 'keys'") }
        switch event {
        case .keysCertified: try certify(payload(), log: log, at: index)
        case .keyRetired: try retire(payload(), at: index)
        case .keyCompromised: try compromise(payload(), at: index)
        }
        known = index + 1
    }

    private mutating func certify(_ payload: JSONValue, log: String, at index: UInt64) throws(LedgerFinding) {
        let certificates: [KeyCertificate]
        do throws(LedgerError) {
            certificates = try KeyCertificate.list(payload: payload, root: root, origin: log)
        } catch {
            throw LedgerFinding(.root, at: index, "The keys are not certified by the pinned root: \(error).")
        }
        for certificate in certificates {
            // Certificates are public: who stole a key that was replaced could bring it back by its old one.
            guard place(of: certificate.key.keyID, certificate.purpose) == nil else {
                throw Self.refusal(at: index, "certifies a key that was certified before")
            }
            add(certificate, at: index)
        }
        guard index == 0, current(.event, at: 0) == nil || current(.checkpoint, at: 0) == nil else { return }
        throw LedgerFinding(.root, at: index, "The first entry does not certify both keys from index 0 on.")
    }

    private mutating func retire(_ payload: JSONValue, at index: UInt64) throws(LedgerFinding) {
        let place = try named(by: payload, fields: ["purpose", "key", "reason"], at: index)
        let life = history[place]
        guard current(life.purpose, at: index)?.key != life.key else {
            throw Self.refusal(at: index, "retires the current key, which has no successor in force")
        }
        history[place].retiredAt = life.retiredAt ?? index
    }

    private mutating func compromise(_ payload: JSONValue, at index: UInt64) throws(LedgerFinding) {
        let place = try named(by: payload, fields: ["purpose", "key", "from", "reason"], at: index)
        guard let from = payload["from"]?.integerValue.flatMap(UInt64.init(exactly:)) else {
            throw Self.refusal(at: index, "is malformed")
        }
        history[place].compromisedFrom = min(history[place].compromisedFrom ?? from, from)
    }

    /// Which key the payload names.
    private func named(by payload: JSONValue, fields: Set<String>, at index: UInt64) throws(LedgerFinding) -> Int {
        guard let members = payload.objectValue, Set(members.keys) == fields, members["reason"]?.stringValue != nil,
            let purpose = members["purpose"]?.stringValue.flatMap(KeyCertificate.Purpose.init(rawValue:)),
            let text = members["key"]?.stringValue, let key = Digest(hex: text), key.hex == text
        else { throw Self.refusal(at: index, "is malformed") }
        guard let place = place(of: key, purpose) else {
            throw Self.refusal(at: index, "names a key that was not certified for its purpose")
        }
        return place
    }

    private func place(of key: Digest, _ purpose: KeyCertificate.Purpose) -> Int? {
        history.firstIndex { $0.purpose == purpose && $0.key.keyID == key }
    }

    private static func refusal(at index: UInt64, _ reason: String) -> LedgerFinding {
        LedgerFinding(.keyLife, at: index, "The event about keys \(reason).")
    }
}
