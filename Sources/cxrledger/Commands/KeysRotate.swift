import Service

/// `keys rotate`: new keys in the place of the ones that sign.
enum KeysRotate: Command {
    static let purpose = Flag(
        "purpose", "WHAT", "only the key for entries, or the one for checkpoints", choices: ["event", "checkpoint"])
    static let token = Flag("token", "LABEL", "make the new keys on this PKCS #11 token instead of in files")
    static let root = Flag(
        "root", "FILE", "the root key, when it is not in the home; best on a medium that is taken away")
    static let passphrase = Flag("root-passphrase-file", "FILE", "file of the root key's own passphrase")

    static let definition = CommandDefinition(
        words: ["keys", "rotate"], section: .operations, summary: "Replace the keys that sign the log",
        discussion: """
            The root key certifies the new keys; they sign from that very event on, and the old ones are retired with it. \
            Works beside a running service, which takes the new keys over by itself, and also when the old private keys \
            were lost. Where the root key may not come here, use `keys request` and `keys certify`.
            """,
        flags: [
            purpose, Flag("reason", "TEXT", "why; kept in the log"), token, root, passphrase,
            Flag("certificates", "FILE", "what `keys certify` wrote, instead of a root key"),
        ],
        examples: [
            "cxrledger keys rotate --reason 'yearly'", "cxrledger keys rotate --root /media/usb/root.key",
            "cxrledger keys rotate --token hospital-hsm", "cxrledger keys rotate --certificates certificates.json",
        ])

    static func run(_ invocation: Invocation) async throws -> ExitStatus {
        let arguments = invocation.arguments
        var rotation = KeyRotation()
        if let purpose = purposes(arguments) { rotation.purposes = purpose }
        rotation.reason = arguments.value("reason") ?? ""
        (rotation.token, rotation.rootFile) = (arguments.value("token"), arguments.value("root"))
        rotation.rootPassphraseFile = arguments.value("root-passphrase-file")
        if let file = arguments.value("certificates") {
            guard rotation.rootFile == nil, rotation.token == nil, arguments.value("purpose") == nil else {
                throw Failure.usage(
                    "--certificates says which keys are meant: leave out --root, --token and --purpose.",
                    help: definition.words)
            }
            rotation.certificates = String(decoding: try InputFile.read(file, limit: 65_536), as: UTF8.self)
        }
        try KeysList.show(try await invocation.access().rotateKeys(rotation), invocation.console)
        return .done
    }

    static func purposes(_ arguments: Arguments) -> Set<String>? { arguments.value("purpose").map { [$0] } }
}
