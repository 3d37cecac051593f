import Crypto
import Ledger

/// Any bytes as a request to a witness, with and without a signature that holds, and as a witness' answer.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzWitnesses(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    precondition((try? note.adding(answer: bytes, of: cosigner.verifierKey)) == nil, "no witness has signed this")
    guard let request = try? AddCheckpoint(parsing: bytes) else { return 0 }
    precondition(request.body == bytes, "a request has one spelling")
    guard let checkpoint = try? Checkpoint(text: request.note.text) else { return 0 }
    let log = NoteSigner(name: checkpoint.origin, key: key)
    // Signed first, or no mutation would ever come behind the signature.
    let signed = AddCheckpoint(
        old: request.old, hashes: request.hashes, note: SignedNote(text: request.note.text, signers: [log]))
    let known = Checkpoint(origin: checkpoint.origin, size: 5, root: root)
    for cosigned in [nil, known] {
        switch WitnessDecision(signed, keys: [log.verifierKey], cosigned: { _ in cosigned }) {
        case .cosign(let accepted, _):
            precondition(accepted == checkpoint && accepted.size >= cosigned?.size ?? 0, "a witness never goes back")
            precondition(accepted.size != 5 || cosigned == nil || accepted.root == root, "one size has one root")
        case .refuse(let refusal): precondition([400, 403, 404, 409, 422].contains(refusal.status), "a status")
        }
    }
    precondition(
        WitnessDecision(request, keys: [], cosigned: { _ in nil }) == .refuse(.unknownLog), "a log that nobody named")
    return 0
}

private let key: Ed25519.PrivateKey = {
    guard let key = try? Ed25519.PrivateKey(seed: SecretBytes(Array(0..<32))) else { preconditionFailure("a seed") }
    return key
}()

private let cosigner = Cosigner(name: "witness.example", key: key)
private let root = SHA256.hash([5])
private let note = SignedNote(
    text: Checkpoint(origin: "fuzz.example", size: 1, root: .zero).text,
    signers: [NoteSigner(name: "fuzz.example", key: key)])
