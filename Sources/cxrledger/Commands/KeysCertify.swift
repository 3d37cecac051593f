import Service

/// `keys certify`: the root's word, on the machine that keeps its key.
enum KeysCertify: Command {
    static let definition = CommandDefinition(
        words: ["keys", "certify"], section: .operations, summary: "Sign a request for certificates with the root key",
        discussion: """
            Needs neither a store nor a network. Says what is signed on standard error; compare the ids with those that \
            `keys list` shows as waiting, over a way that you trust. Prints the certificates, which are no secret.
            """,
        operands: [.init(name: "REQUEST")], flags: [KeysRotate.root, KeysRotate.passphrase],
        examples: ["cxrledger keys certify --root root.key request.json > certificates.json"], reach: .nothing)

    static func run(_ invocation: Invocation) async throws -> ExitStatus {
        let arguments = invocation.arguments
        guard let file = arguments.value("root") else {
            throw Failure.usage("Name the root key with --root FILE.", help: definition.words)
        }
        var access = try invocation.settings().keyAccess
        if let passphrase = arguments.value("root-passphrase-file") { access.passphraseFile = passphrase }
        let request = try KeyRequest(parsing: try InputFile.read(arguments.operands[0], limit: 65_536))
        let root = try KeyRequest.root(file: file, access: access)
        for sentence in request.sentences { invocation.console.warn("certifying \(Printable.text(sentence))") }
        invocation.console.print(try request.certificates(by: root))
        return .done
    }
}
