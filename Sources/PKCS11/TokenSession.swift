import CPKCS11
import Crypto
import Synchronization

/// One session on a token, signed in; closed when nobody holds it any longer.
final class TokenSession: Sendable {
    /// A key as one session knows it.
    struct Handle: Hashable, Sendable {
        let session: UInt64
        let object: CK_OBJECT_HANDLE
    }

    /// Which session of this process it is.
    let id: UInt64
    private let module: TokenModule
    private let handle: CK_SESSION_HANDLE

    private static let opened = Atomic<UInt64>(0)

    init(_ module: TokenModule, label: String, pin: SecretBytes) throws(TokenError) {
        self.module = module
        id = Self.opened.wrappingAdd(1, ordering: .relaxed).oldValue
        let slot = try Self.slot(of: label, module)
        var session = CK_SESSION_HANDLE()
        let flags = CK_FLAGS(CKF_SERIAL_SESSION | CKF_RW_SESSION)
        try unsafe module.check("C_OpenSession") { unsafe $0.pointee.C_OpenSession?(slot, flags, nil, nil, &session) }
        handle = session
        var secret = pin.withBytes { span in span.indices.map { span[$0] } }
        let status = try unsafe module.call("C_Login") {
            unsafe $0.pointee.C_Login?(session, CK_USER_TYPE(CKU_USER), &secret, CK_ULONG(secret.count))
        }
        for place in secret.indices { secret[place] = 0 }
        guard status == CK_RV(CKR_OK) || status == CK_RV(CKR_USER_ALREADY_LOGGED_IN) else {
            throw TokenModule.failure("C_Login", status)
        }
    }

    deinit {
        _ = try? unsafe module.call("C_CloseSession") { unsafe $0.pointee.C_CloseSession?(handle) }  // it may be gone
    }

    /// The slot whose token has a label.
    private static func slot(of label: String, _ module: TokenModule) throws(TokenError) -> CK_SLOT_ID {
        var count = CK_ULONG()
        let present = CK_BBOOL(CK_TRUE)
        try unsafe module.check("C_GetSlotList") { unsafe $0.pointee.C_GetSlotList?(present, nil, &count) }
        var slots = [CK_SLOT_ID](repeating: 0, count: Int(count))
        try unsafe module.check("C_GetSlotList") { unsafe $0.pointee.C_GetSlotList?(present, &slots, &count) }
        var matching: [CK_SLOT_ID] = []
        for slot in slots.prefix(Int(count)) {
            var info = CK_TOKEN_INFO()
            let status = try unsafe module.call("C_GetTokenInfo") { unsafe $0.pointee.C_GetTokenInfo?(slot, &info) }
            guard status == CK_RV(CKR_OK) else { continue }
            // Padded with blanks, without a zero at the end.
            let bytes = unsafe withUnsafeBytes(of: info.label) { unsafe Array($0) }
            let end = bytes.lastIndex { $0 != UInt8(ascii: " ") }.map { $0 + 1 } ?? 0
            if bytes[..<end].elementsEqual(label.utf8) { matching.append(slot) }
        }
        guard let slot = matching.first else { throw TokenError(.absent, "no token is called \(label)") }
        guard matching.count == 1 else { throw TokenError(.absent, "several tokens are called \(label)") }
        return slot
    }

    /// Finds the one private key of a label.
    func privateKey(_ object: String) throws(TokenError) -> Handle {
        let found = try objects(CKO_PRIVATE_KEY, object)
        guard found.count == 1 else {
            throw TokenError(.key, "\(found.count) keys are called \(object)")
        }
        return Handle(session: id, object: found[0])
    }

    /// Signs with pure Ed25519.
    func sign(_ message: [UInt8], with key: Handle) throws(TokenError) -> [UInt8] {
        var mechanism = unsafe CK_MECHANISM()
        unsafe mechanism.mechanism = CK_MECHANISM_TYPE(CKM_EDDSA)
        var message = message
        var signature = [UInt8](repeating: 0, count: 2 * Ed25519.signatureCount)
        var count = CK_ULONG(signature.count)
        try unsafe module.check("C_SignInit") { unsafe $0.pointee.C_SignInit?(handle, &mechanism, key.object) }
        try unsafe module.check("C_Sign") {
            unsafe $0.pointee.C_Sign?(handle, &message, CK_ULONG(message.count), &signature, &count)
        }
        return Array(signature.prefix(Int(count)))
    }

    /// Makes a key pair on the token; the private half cannot be taken out.
    func generate(_ object: String, curve: [UInt8]) throws(TokenError) -> (Handle, Ed25519.PublicKey) {
        guard try objects(CKO_PRIVATE_KEY, object).isEmpty else {
            throw TokenError(.key, "a key is called \(object) already")
        }
        var mechanism = unsafe CK_MECHANISM()
        unsafe mechanism.mechanism = CK_MECHANISM_TYPE(CKM_EC_EDWARDS_KEY_PAIR_GEN)
        let publicHalf = AttributeList()
        publicHalf.add(CKA_TOKEN, true)
        publicHalf.add(CKA_VERIFY, true)
        publicHalf.add(CKA_EC_PARAMS, curve)
        publicHalf.add(CKA_LABEL, Array(object.utf8))
        let privateHalf = AttributeList()
        for attribute in [CKA_TOKEN, CKA_PRIVATE, CKA_SENSITIVE, CKA_SIGN] { privateHalf.add(attribute, true) }
        privateHalf.add(CKA_EXTRACTABLE, false)
        privateHalf.add(CKA_LABEL, Array(object.utf8))
        var (publicKey, privateKey) = (CK_OBJECT_HANDLE(), CK_OBJECT_HANDLE())
        try unsafe module.check("C_GenerateKeyPair") {
            unsafe $0.pointee.C_GenerateKeyPair?(
                handle, &mechanism, publicHalf.attributes, publicHalf.count, privateHalf.attributes, privateHalf.count,
                &publicKey, &privateKey)
        }
        return (Handle(session: id, object: privateKey), try point(of: publicKey))
    }

    /// Removes both halves of a key.
    func remove(_ object: String) throws(TokenError) {
        for kind in [CKO_PRIVATE_KEY, CKO_PUBLIC_KEY] {
            for found in try objects(kind, object) {
                try unsafe module.check("C_DestroyObject") { unsafe $0.pointee.C_DestroyObject?(handle, found) }
            }
        }
    }

    /// Reads a public key: 32 bytes, bare or within a DER OCTET STRING.
    private func point(of key: CK_OBJECT_HANDLE) throws(TokenError) -> Ed25519.PublicKey {
        let wanted = AttributeList()
        wanted.add(CKA_EC_POINT, [UInt8](repeating: 0, count: 128))
        try unsafe module.check("C_GetAttributeValue") {
            unsafe $0.pointee.C_GetAttributeValue?(handle, key, wanted.attributes, wanted.count)
        }
        let point = wanted.value(at: 0)
        let raw = point.count == 34 && point.starts(with: [0x04, 0x20]) ? Array(point.dropFirst(2)) : point
        do { return try Ed25519.PublicKey(raw) } catch { throw TokenError(.unsupported, "public key") }
    }

    private func objects(_ kind: UInt, _ label: String) throws(TokenError) -> [CK_OBJECT_HANDLE] {
        let wanted = AttributeList()
        wanted.add(CKA_CLASS, kind)
        wanted.add(CKA_LABEL, Array(label.utf8))
        try unsafe module.check("C_FindObjectsInit") {
            unsafe $0.pointee.C_FindObjectsInit?(handle, wanted.attributes, wanted.count)
        }
        var found = [CK_OBJECT_HANDLE](repeating: 0, count: 16)
        var count = CK_ULONG()
        let status = try unsafe module.call("C_FindObjects") {
            unsafe $0.pointee.C_FindObjects?(handle, &found, CK_ULONG(found.count), &count)
        }
        // The search is ended whatever came of it, or the session takes no other.
        try unsafe module.check("C_FindObjectsFinal") { unsafe $0.pointee.C_FindObjectsFinal?(handle) }
        guard status == CK_RV(CKR_OK) else { throw TokenModule.failure("C_FindObjects", status) }
        return Array(found.prefix(Int(count)))
    }
}
