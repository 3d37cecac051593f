import CanonicalJSON
import Crypto
import Ledger

/// Any text as a signed note, a checkpoint, a proof, a verifier key, a key certificate, and each of their small parts.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzNotes(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    guard let text = String(validating: bytes, as: UTF8.self) else { return 0 }
    func expect(_ written: String?, _ what: String) {
        // As bytes: `==` on texts would take two spellings of one character for the same.
        precondition(written.map { Array($0.utf8) == bytes } ?? true, "\(what) has one spelling")
    }
    expect((try? SignedNote(parsing: text))?.description, "a note")
    expect((try? Checkpoint(text: text))?.text, "a checkpoint")
    expect((try? TLogProof(parsing: text))?.text, "a proof")
    expect((try? VerifierKey(text))?.description, "a verifier key")
    expect((try? SignedNote.Signature(line: text))?.line, "a signature line")
    expect(TileCoordinate(path: text)?.path, "a tile's path")
    expect(Timestamp(text)?.description, "a time")
    expect(Base64.decode(text).map { Base64.encode($0) }, "base64")
    precondition(!UUIDv7.isValid(text) || bytes.count == 36, "an id has 36 bytes")
    if let proof = try? TLogProof(parsing: text) {
        precondition(
            (try? proof.verify(leaf: .zero, keys: [VerifierKey(name: "log", key: key.publicKey)])) == nil,
            "nothing here is signed")
        _ = InclusionProof(index: proof.index, size: proof.index &+ 1, hashes: proof.hashes).verify(
            leaf: .zero, root: .zero)
        _ = ConsistencyProof(old: proof.index, new: .max, hashes: proof.hashes).verify(oldRoot: .zero, newRoot: .zero)
    }
    certificate(bytes)
    return 0
}

private let key: Ed25519.PrivateKey = {
    guard let key = try? Ed25519.PrivateKey(seed: SecretBytes(Array(0..<32))) else { preconditionFailure("a seed") }
    return key
}()

/// Signs the bytes first, or no mutation would ever come behind the signature.
private func certificate(_ bytes: [UInt8]) {
    guard (try? JSONValue.parse(bytes)) != nil else { return }
    let signature = key.sign(DSSE.preAuthenticationEncoding(type: DSSE.keyType, body: bytes))
    guard let read = try? KeyCertificate(bytes, signature: signature, root: key.publicKey) else { return }
    precondition(read.canonicalBytes == bytes, "a certificate has one spelling")
}
