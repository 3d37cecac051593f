import Crypto
import Foundation
import Testing

@Suite struct `A sealed key file` {
    private let passphrase = SecretBytes(Array("correct horse".utf8))

    @Test func `opens with its passphrase only`() throws {
        let seed = SecretBytes([UInt8](0..<32))
        let file = try SealedKeyFile.seal(seed, passphrase: passphrase)
        #expect(String(decoding: file, as: UTF8.self).hasPrefix(SealedKeyFile.header + "\n"))
        let opened = try SealedKeyFile.open(file, passphrase: passphrase)
        #expect(try Ed25519.PrivateKey(seed: opened).publicKey == Ed25519.PrivateKey(seed: seed).publicKey)
        for wrong in ["", "Correct horse", "correct horse\n"] {
            #expect(throws: CryptoError.authentication) {
                try SealedKeyFile.open(file, passphrase: SecretBytes(Array(wrong.utf8)))
            }
        }
        #expect(try SealedKeyFile.seal(seed, passphrase: passphrase) != file, "with a salt of its own")
    }

    @Test func `is read by OpenSSL, and read from it`() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "sealed-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let (key, secret) = (folder.appending(path: "key.pem"), folder.appending(path: "passphrase"))
        try Data("correct horse".utf8).write(to: secret)
        let seed = SecretBytes([UInt8](0..<32))
        try Data(try SealedKeyFile.seal(seed, passphrase: passphrase)).write(to: key)
        let shown = try openssl([
            "pkey", "-in", key.path(), "-passin", "file:\(secret.path())", "-pubout", "-outform", "DER",
        ])
        #expect(Array(shown.suffix(32)) == (try Ed25519.PrivateKey(seed: seed).publicKey.bytes))
        let theirs = try openssl(
            ["genpkey", "-algorithm", "ed25519", "-aes-256-cbc", "-pass", "file:\(secret.path())", "-out", key.path()])
        #expect(theirs.isEmpty)
        let opened = try SealedKeyFile.open(Array(try Data(contentsOf: key)), passphrase: passphrase)
        let publicKey = try openssl(
            ["pkey", "-in", key.path(), "-passin", "file:\(secret.path())", "-pubout", "-outform", "DER"])
        #expect(Array(publicKey.suffix(32)) == (try Ed25519.PrivateKey(seed: opened).publicKey.bytes))
        _ = try openssl([
            "genpkey", "-algorithm", "x25519", "-aes-256-cbc", "-pass", "file:\(secret.path())", "-out", key.path(),
        ])
        #expect(throws: CryptoError.authentication) {
            try SealedKeyFile.open(Array(try Data(contentsOf: key)), passphrase: passphrase)
        }
    }

    @Test func `is refused when any byte of it was changed or is missing`() throws {
        let file = try SealedKeyFile.seal(SecretBytes([UInt8](0..<32)), passphrase: passphrase)
        let publicKey = try Ed25519.PrivateKey(seed: SecretBytes([UInt8](0..<32))).publicKey
        for place in stride(from: 0, to: file.count, by: 7) {
            var changed = file
            changed[place] ^= 1
            for bytes in [changed, Array(file.prefix(place))] {
                // Without a tag, what opens must be compared with the public half; it never crashes.
                guard let seed = try? SealedKeyFile.open(bytes, passphrase: passphrase),
                    let key = try? Ed25519.PrivateKey(seed: seed), key.publicKey == publicKey
                else { continue }
                #expect(
                    String(decoding: bytes, as: UTF8.self).filter { !$0.isNewline }
                        .hasPrefix(String(decoding: file, as: UTF8.self).filter { !$0.isNewline }.prefix(60)))
            }
        }
    }

    private func openssl(_ arguments: [String]) throws -> Data {
        let (tool, output) = (Process(), Pipe())
        (tool.executableURL, tool.arguments) = (URL(filePath: "/usr/bin/openssl"), arguments)
        (tool.standardOutput, tool.standardError) = (output, FileHandle.nullDevice)
        try tool.run()
        let data = try output.fileHandleForReading.readToEnd() ?? Data()
        tool.waitUntilExit()
        guard tool.terminationStatus == 0 else { throw CocoaError(.executableNotLoadable) }
        return data
    }
}
