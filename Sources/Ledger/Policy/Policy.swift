/// Which logs are believed, and which witnesses must have cosigned a checkpoint (C2SP tlog-policy).
///
/// Keys of signatures inside entries are none of its business: they come from the log's own key events.
public struct Policy: Hashable, Sendable {
    /// A name inside the file: octets that mean nothing outside it.
    public struct Name: Hashable, Sendable, CustomStringConvertible {
        public let octets: [UInt8]

        public init(_ octets: some Sequence<UInt8>) { self.octets = Array(octets) }

        /// For people; octets that are no UTF-8 are replaced.
        public var description: String { String(decoding: octets, as: UTF8.self) }
    }

    /// A log whose checkpoints are believed.
    public struct Log: Hashable, Sendable {
        /// Its name is the log's origin.
        public let key: VerifierKey
        public let url: String?

        public init(key: VerifierKey, url: String? = nil) { (self.key, self.url) = (key, url) }
    }

    /// Somebody who cosigns checkpoints.
    public struct Witness: Hashable, Sendable {
        public let name: Name
        public let key: VerifierKey
        /// Where it takes checkpoints: the submission prefix.
        public let url: String?

        public init(name: Name, key: VerifierKey, url: String? = nil) {
            (self.name, self.key, self.url) = (name, key, url)
        }
    }

    /// Some of which so many must have cosigned.
    public struct Group: Hashable, Sendable {
        public let name: Name
        /// From 1 to the number of members.
        public let threshold: Int
        /// Witnesses and groups that are defined before this one.
        public let members: [Name]

        init(name: Name, threshold: Int, members: [Name]) {
            (self.name, self.threshold, self.members) = (name, threshold, members)
        }
    }

    public let logs: [Log]
    public let witnesses: [Witness]
    /// In the order of definition: members come before the groups that they are in.
    public let groups: [Group]
    /// The witness or group that must have cosigned; nil for `none`.
    public let quorum: Name?

    init(logs: [Log], witnesses: [Witness], groups: [Group], quorum: Name?) {
        (self.logs, self.witnesses, self.groups, self.quorum) = (logs, witnesses, groups, quorum)
    }

    /// Believes these logs and asks for no witness.
    ///
    /// - Throws: `.policy` for a public key that stands there twice or is no log's.
    public init(logs: [Log]) throws(LedgerError) {
        try self.init(parsing: Policy(logs: logs, witnesses: [], groups: [], quorum: nil).octets)
    }

    /// The same witnesses and quorum for other logs.
    ///
    /// - Throws: `.policy` for a public key that stands there twice or is no log's.
    public func replacing(logs: [Log]) throws(LedgerError) -> Policy {
        try Policy(parsing: Policy(logs: logs, witnesses: witnesses, groups: groups, quorum: quorum).octets)
    }

    /// The file: logs, witnesses, groups, quorum, without comments.
    public var octets: [UInt8] {
        var lines: [[[UInt8]]] = logs.map { log in
            [Array("log".utf8), Array(log.key.description.utf8)] + (log.url.map { [Array($0.utf8)] } ?? [])
        }
        lines += witnesses.map { witness in
            [Array("witness".utf8), witness.name.octets, Array(witness.key.description.utf8)]
                + (witness.url.map { [Array($0.utf8)] } ?? [])
        }
        lines += groups.map { group in
            [Array("group".utf8), group.name.octets, Array(String(group.threshold).utf8)] + group.members.map(\.octets)
        }
        lines.append([Array("quorum".utf8), quorum?.octets ?? Array("none".utf8)])
        return lines.flatMap { $0.joined(separator: [0x20]) + [0x0A] }
    }

    /// Whether witnesses satisfy the quorum when exactly these have cosigned.
    public func isQuorumMet(by cosigners: Set<Name>) -> Bool {
        guard let quorum else { return true }
        var satisfied = cosigners
        for group in groups where group.members.count(where: { satisfied.contains($0) }) >= group.threshold {
            satisfied.insert(group.name)
        }
        return satisfied.contains(quorum)
    }
}
