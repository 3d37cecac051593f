import Crypto
import Ledger
import Service
import Verifier

/// `verify-export`: what somebody else wrote, checked without a network and without a log.
enum VerifyExport: Command {
    static let definition = CommandDefinition(
        words: ["verify-export"], section: .evidence,
        summary: "Check an export, a passport or a proof, without the log it came from",
        discussion: """
            Needs neither network nor database. PATH is an export (its folder, or the .tar.zst), a passport, or a \
            tlog-proof; for a proof name the entry it is for (a DSSE line) with --expect.
            Start from what you hold, not from what you were given: name with --expect, once for each, the root key \
            (root.pub), a verifier key, an older checkpoint or proof, a passport, or a record (a DSSE line) that must be \
            inside. What is not checked is said. docs/verify/ holds a second verifier that shares no code with this one.
            """,
        operands: [.init(name: "PATH")],
        flags: [
            Flag("expect", "FILE", "something that you hold; repeatable, its kind shows by itself"),
            Flag("policy", "FILE", "your own C2SP tlog-policy, in place of the one that came along"),
            Flag("stamp-ca", "FILE", "certificates (PEM) of the authorities that time stamps are believed from"),
        ],
        examples: [
            "cxrledger verify-export export-… --expect root.pub",
            "cxrledger verify-export export-….tar.zst --expect root.pub --expect last-year.checkpoint --json",
            "cxrledger verify-export passport.json --expect root.pub",
        ],
        reach: .nothing,
        exits:
            "0 verified, 1 unreadable, 3 forged or altered, 4 incomplete or mislabelled, 5 not what you hold, 6 malformed, 7 holds but a compromised key vouches for part of it, 8 holds in itself but nothing was given to start from, 9 policy not met"
    )

    static func run(_ invocation: Invocation) async throws -> ExitStatus {
        let (arguments, console) = (invocation.arguments, invocation.console)
        var expectations: [Holding] = []
        for path in arguments.flags["expect"] ?? [] { expectations.append(try expectation(path)) }
        let policy = try arguments.value("policy").map { try self.policy($0) }
        let authorities = try arguments.value("stamp-ca").map { try self.authorities($0) }
        let verdict = try verify(arguments.operands[0], expectations, policy, authorities, console)
        try console.show(verdict) { text(verdict, console) }
        return ExitStatus(rawValue: verdict.exit)
    }

    /// Verifies whatever the path leads to.
    private static func verify(
        _ path: String, _ expectations: [Holding], _ policy: Policy?, _ authorities: TimestampAuthorities?,
        _ console: Console
    ) throws -> VerificationVerdict {
        let bar = ProgressBar("verifying", console)
        defer { bar.finish() }
        if InputFile.isFolder(path) {
            return try ExportVerification.run(
                ExportFolder(path), expecting: expectations, policy: policy, authorities: authorities
            ) {
                bar.show($0, of: $1)
            }
        }
        if UnpackedExport.isArchive(path) {
            let source: UnpackedExport
            do { source = try UnpackedExport(path) } catch {
                guard error.code == "archive-foreign" else { throw error }
                return .malformed("export", error.detail)
            }
            return try ExportVerification.run(source, expecting: expectations, policy: policy, authorities: authorities)
            { bar.show($0, of: $1) }
        }
        let bytes = try InputFile.read(path, limit: Passport.maximumSize)
        if bytes.first == UInt8(ascii: "{") {
            return PassportVerification.run(bytes, expecting: expectations, policy: policy)
        }
        return ProofVerification.run(String(decoding: bytes, as: UTF8.self), expecting: expectations, policy: policy)
    }

    static func expectation(_ path: String) throws -> Holding {
        guard let expectation = Holding(try InputFile.read(path, limit: Passport.maximumSize)) else {
            throw Failure(
                "expectation-unknown",
                "\(Printable.text(path)) is no root key, verifier key, checkpoint, proof, passport or DSSE line.",
                exit: .failed)
        }
        return expectation
    }

    private static func authorities(_ path: String) throws -> TimestampAuthorities {
        do { return try TimestampAuthorities(pem: try InputFile.read(path, limit: 1 << 20)) } catch is TimestampError {
            throw Failure("stamp-ca-invalid", "\(Printable.text(path)) holds no certificate in PEM.")
        }
    }

    private static func policy(_ path: String) throws -> Policy {
        do { return try Policy(parsing: try InputFile.read(path, limit: Policy.maximumSize)) } catch let error
            as LedgerError
        {
            throw Failure("policy-invalid", "\(Printable.text(path)) is no policy: \(error).")
        }
    }

    static func text(_ verdict: VerificationVerdict, _ console: Console) -> String {
        let rows = verdict.checks.map { check -> [TextTable.Cell] in
            let style: Console.Style = check.verdict == "passed" ? .good : check.verdict == "failed" ? .bad : .faint
            return [.init(check.name), .init(check.verdict, style), .init(check.detail), .init(check.standard, .faint)]
        }
        var text = TextTable(["CHECK", "VERDICT", "WHAT", "STANDARD"], rows).text(console) + "\n"
        for flag in verdict.flags { text += "\n" + console.paint("flag: \(Printable.text(flag))", .bad) }
        if verdict.exit != 6, !verdict.notChecked.isEmpty {
            text += "\nNot checked:\n" + verdict.notChecked.map { "  - \(Printable.text($0))\n" }.joined()
        }
        let code = verdict.ok ? "" : "[\(verdict.code)] "
        return text + "\n" + console.paint(Printable.text(code + verdict.summary), verdict.ok ? .good : .bad)
    }
}
