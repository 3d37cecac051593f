import Crypto

extension Policy {
    /// The most octets of a file, and the most logs, witnesses and groups together, that are read.
    public static let maximumSize = 1 << 18
    public static let maximumDefinitions = 1024

    /// Reads a policy file.
    ///
    /// - Throws: `.policy` with the number of the line that breaks a rule, or `.tooLarge`.
    public init(parsing octets: [UInt8]) throws(LedgerError) {
        guard octets.count <= Self.maximumSize else { throw LedgerError(.tooLarge, "policy of \(octets.count) bytes") }
        // A file that was cut off could still be a policy, but another one.
        guard octets.last == 0x0A else { throw LedgerError(.policy, "the last line does not end") }
        var reader = PolicyReader()
        for line in octets.dropLast().split(separator: 0x0A, omittingEmptySubsequences: false) {
            try reader.read(line)
        }
        guard let quorum = reader.quorum else { throw LedgerError(.policy, "no quorum line") }
        self.init(logs: reader.logs, witnesses: reader.witnesses, groups: reader.groups, quorum: quorum)
    }
}

/// Reads the lines of a policy, each under the rules that those before it leave.
private struct PolicyReader {
    private(set) var logs: [Policy.Log] = []
    private(set) var witnesses: [Policy.Witness] = []
    private(set) var groups: [Policy.Group] = []
    /// nil until the line was read; in it nil stands for `none`.
    private(set) var quorum: Policy.Name??

    private static let none = Policy.Name("none".utf8)

    private var number = 0
    private var logKeys: Set<Ed25519.PublicKey> = []
    private var witnessKeys: Set<Ed25519.PublicKey> = []
    private var names: Set<Policy.Name> = []
    private var members: Set<Policy.Name> = []

    mutating func read(_ line: ArraySlice<UInt8>) throws(LedgerError) {
        number += 1
        guard line.allSatisfy({ $0 == 0x09 || 0x20...0x7E ~= $0 || $0 >= 0x80 }) else {
            throw refusal("a control character")
        }
        let items = line.split { $0 == 0x20 || $0 == 0x09 }
        guard let keyword = items.first, keyword.first != UInt8(ascii: "#") else { return }
        switch String(decoding: keyword, as: UTF8.self) {
        case "log": try log(items.dropFirst())
        case "witness": try witness(items.dropFirst())
        case "group": try group(items.dropFirst())
        case "quorum": try quorum(items.dropFirst())
        default: throw refusal("no such keyword")
        }
        guard logs.count + witnesses.count + groups.count <= Policy.maximumDefinitions else {
            throw LedgerError(.tooLarge, "more than \(Policy.maximumDefinitions) definitions")
        }
    }

    private mutating func log(_ items: ArraySlice<ArraySlice<UInt8>>) throws(LedgerError) {
        guard let key = items.first, items.count <= 2 else { throw refusal("not `log <vkey> [<url>]`") }
        let log = Policy.Log(key: try verifierKey(key, .ed25519), url: try url(items.dropFirst().first))
        guard logKeys.insert(log.key.key).inserted else { throw refusal("the public key of another log") }
        logs.append(log)
    }

    private mutating func witness(_ items: ArraySlice<ArraySlice<UInt8>>) throws(LedgerError) {
        guard let name = items.first, let key = items.dropFirst().first, items.count <= 3 else {
            throw refusal("not `witness <name> <vkey> [<url>]`")
        }
        let witness = Policy.Witness(
            name: try define(name), key: try verifierKey(key, .cosignature), url: try url(items.dropFirst(2).first))
        guard witnessKeys.insert(witness.key.key).inserted else { throw refusal("the public key of another witness") }
        witnesses.append(witness)
    }

    private mutating func group(_ items: ArraySlice<ArraySlice<UInt8>>) throws(LedgerError) {
        guard items.count >= 3, let name = items.first, let threshold = items.dropFirst().first else {
            throw refusal("not `group <name> all|any|<k> <member>…`")
        }
        let members = items.dropFirst(2).map { Policy.Name($0) }
        for member in members {
            // The group itself is not defined yet, so that there is no way round in a circle.
            guard names.contains(member) else { throw refusal("a member that is not defined before") }
            guard self.members.insert(member).inserted else { throw refusal("a member for the second time") }
        }
        let count: Int
        switch String(decoding: threshold, as: UTF8.self) {
        case "all": count = members.count
        case "any": count = 1
        case let text:
            guard let number = UInt64(canonicalDecimal: text), 1...UInt64(members.count) ~= number else {
                throw refusal("a threshold that is not from 1 to the number of members")
            }
            count = Int(number)
        }
        groups.append(Policy.Group(name: try define(name), threshold: count, members: members))
    }

    private mutating func quorum(_ items: ArraySlice<ArraySlice<UInt8>>) throws(LedgerError) {
        guard let item = items.first, items.count == 1 else { throw refusal("not `quorum <name>`") }
        guard quorum == nil else { throw refusal("a second quorum") }
        let name = Policy.Name(item)
        guard name == Self.none || names.contains(name) else { throw refusal("a quorum that is not defined before") }
        quorum = .some(name == Self.none ? nil : name)
    }

    private mutating func define(_ octets: ArraySlice<UInt8>) throws(LedgerError) -> Policy.Name {
        let name = Policy.Name(octets)
        guard name != Self.none else { throw refusal("the name `none`") }
        guard names.insert(name).inserted else { throw refusal("a name for the second time") }
        return name
    }

    private func verifierKey(
        _ octets: ArraySlice<UInt8>, _ algorithm: VerifierKey.Algorithm
    ) throws(LedgerError) -> VerifierKey {
        guard let text = String(validating: octets, as: UTF8.self) else { throw refusal("a key that is no UTF-8") }
        let key: VerifierKey
        do { key = try VerifierKey(text) } catch { throw refusal("\(error)") }
        guard key.algorithm == algorithm else { throw refusal("a key of the wrong algorithm") }
        return key
    }

    private func url(_ octets: ArraySlice<UInt8>?) throws(LedgerError) -> String? {
        guard let octets else { return nil }
        guard let text = String(validating: octets, as: UTF8.self) else { throw refusal("an address that is no UTF-8") }
        return text
    }

    private func refusal(_ rule: String) -> LedgerError { LedgerError(.policy, "line \(number): \(rule)") }
}
