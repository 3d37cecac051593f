import Crypto
import Ledger

/// Any octets as a trust policy, and what it says of checkpoints that nobody, or some of its witnesses, signed.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzPolicies(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let octets = Array(UnsafeBufferPointer(start: start, count: count))
    guard let policy = try? Policy(parsing: octets) else { return 0 }
    precondition((try? Policy(parsing: policy.octets)) == policy, "a policy is read as it is written")
    let all = Set(policy.witnesses.map(\.name))
    precondition(policy.isQuorumMet(by: all), "all witnesses together are a quorum")
    precondition(policy.isQuorumMet(by: []) == (policy.quorum == nil), "nobody is a quorum only when none is asked for")
    // Who is there more never makes a quorum less.
    for name in all where policy.isQuorumMet(by: all.subtracting([name])) {
        precondition(policy.isQuorumMet(by: all.subtracting([name]).union([name])), "a quorum grows")
    }
    precondition((try? policy.check(note)) == nil, "no log of a policy has signed this")
    if let replaced = try? policy.replacing(logs: [.init(key: signer.verifierKey)]) {
        let verdict = try? replaced.check(note)
        precondition(verdict?.isQuorumMet == (policy.quorum == nil), "nobody has cosigned this")
    }
    return 0
}

private let signer: NoteSigner = {
    guard let key = try? Ed25519.PrivateKey(seed: SecretBytes(Array(0..<32))) else { preconditionFailure("a seed") }
    return NoteSigner(name: "fuzz.example", key: key)
}()

private let note = SignedNote(
    text: Checkpoint(origin: "fuzz.example", size: 1, root: .zero).text, signers: [signer])
