import Crypto
import Foundation
import Ledger
import Records
import Storage
import Testing

@testable import Service

@Suite struct `The frozen formats of a home` {
    private let frozen: FrozenFormat
    private let ring: KeyRing

    init() throws {
        frozen = try FrozenFormat()
        let root = try Ed25519.PrivateKey(seed: frozen.secret("seed")).publicKey
        ring = KeyRing(
            origin: frozen["origin"], root: root, genesis: nil, identity: nil, wrapping: frozen.secret("wrapping"))
    }

    private var subject: Subject { Subject(id: frozen["subject"], secret: frozen.secret("secret")) }

    @Test(arguments: ["subject-wrapping", "patient-lookup", "idempotency"])
    func `derive the same keys from the wrapping key`(purpose: String) throws {
        #expect(try Hex.encode(ring.derived(purpose).withBytes { Array($0) }) == frozen["derived.\(purpose)"])
    }

    @Test(arguments: ["prediction", "review"])
    func `open a sealed field in its own place only`(context: String) {
        let path = "fields.\(context)."
        let field = SealedField(
            subject: frozen[path + "subject"], ciphertext: frozen[path + "ciphertext"], commit: frozen[path + "commit"])
        #expect(subject.open(field, context: context) == Array(frozen[path + "plain"].utf8))
        #expect(subject.open(field, context: "image") == nil)
    }

    @Test func `open a sealed picture and know it by its commitment`() {
        let plain = frozen.base64("image.plain")
        #expect(subject.commit(plain).hex == frozen["image.commit"])
        #expect(subject.openImage(frozen.base64("image.blob"), commit: frozen["image.commit"]) == plain)
    }

    @Test func `find a patient by keyed digest and unwrap the secret`() async throws {
        let store = MemorySecretStore()
        let digest = try #require(Digest(hex: frozen["patient_digest"]))
        _ = try await store.insert(
            SubjectRecord(subject: frozen["subject"], wrapped: frozen.base64("wrapped"), patient: digest))
        let vault = Vault(store: store, ring: ring)
        let known = try #require(try await vault.known(patient: frozen["patient"]))
        #expect(known.id == frozen["subject"])
        let image = frozen.base64("image.blob")
        #expect(known.openImage(image, commit: frozen["image.commit"]) == frozen.base64("image.plain"))
    }

    @Test func `do not open a secret that was given to another patient`() async throws {
        let (subject, wrapped) = (frozen["subject"], frozen.base64("wrapped"))
        for patient in [SHA256.hash([1]), nil] {
            let store = MemorySecretStore()
            _ = try await store.insert(SubjectRecord(subject: subject, wrapped: wrapped, patient: patient))
            let vault = Vault(store: store, ring: ring)
            await #expect(throws: ServiceError.self) { try await vault.subject(id: subject) }
            #expect(try await vault.opensSecrets() == false)
        }
        let alone = SubjectRecord(
            subject: "s_" + String(repeating: "5b", count: 16), wrapped: frozen.base64("wrapped_alone"), patient: nil)
        #expect(try Vault(store: MemorySecretStore(), ring: ring).open(alone).id == alone.subject)
    }

    @Test func `read and write a private key as OpenSSL does`() throws {
        let path = NSTemporaryDirectory() + "cxr-\(UUID().uuidString).pem"
        defer { unlink(path) }
        try SmallFile.write(KeyFile.encode(frozen.secret("seed")), to: path)
        #expect(try [UInt8](Data(contentsOf: URL(filePath: path))) == FrozenFormat.bytes("key.pem"))
        #expect(try KeyFile.read(path)?.publicKey == ring.root)
    }

    @Test func `advance the checkpoint lock slot by slot`() throws {
        let expected = try FrozenFormat.bytes("lock.bin")
        let path = NSTemporaryDirectory() + "cxr-\(UUID().uuidString).lock"
        defer { unlink(path) }
        let lock = try FileCheckpointLock(path: path)
        let key = try Ed25519.PrivateKey(seed: frozen.secret("seed"))
        for size in 1...2 as ClosedRange<UInt64> {
            let checkpoint = Checkpoint(origin: ring.origin, size: size, root: SHA256.hash([UInt8(size)]))
            _ = try lock.advance(
                from: lock.current(), to: checkpoint.sign(with: NoteSigner(name: ring.origin, key: key)))
        }
        #expect(try [UInt8](Data(contentsOf: URL(filePath: path))) == expected)
    }

    @Test func `write the manifest and the secrets of a backup`() throws {
        let bytes = try FrozenFormat.bytes("manifest.json")
        let manifest = try BackupManifest(parsing: bytes)
        #expect(manifest.bytes == bytes)
        #expect(manifest.files.map(\.path) == ["tile/0/000.p/1", "images/aa/" + String(repeating: "aa", count: 32)])
        #expect(manifest.size == 1 && manifest.origin == frozen["origin"])
        let lines = try FrozenFormat.bytes("subjects.jsonl")
        let records = try #require(SecretsFile.decode(lines))
        #expect(SecretsFile.encode(records) == lines)
        #expect(records.map(\.wrapped) == [frozen.base64("wrapped"), frozen.base64("wrapped_alone")])
        #expect(records.map { $0.patient?.hex } == [frozen["patient_digest"], nil])
    }

    @Test func `keep of an API key the digest of its whole text`() {
        #expect(APIKey.digest(frozen["api_key.text"]) == frozen["api_key.digest"])
        #expect(APIKey.make().text.wholeMatch(of: /cxr_c[0-9a-f]{12}_[0-9a-f]{64}/) != nil)
    }

    @Test func `know a repeated request by keyed digests of its key and content`() throws {
        let key = try ring.derived("idempotency")
        let content = SHA256.hash(frozen.base64("image.plain")).bytes + Array(frozen["patient"].utf8)
        #expect(HMACSHA256.authenticate(Array("order-7".utf8), key: key).hex == frozen["idempotency.key"])
        #expect(HMACSHA256.authenticate(content, key: key).hex == frozen["idempotency.request"])
    }

    @Test func `digest the rows of a projection`() {
        var digest = RowDigest()
        digest.begin("predictions")
        digest.add([.text("a"), .integer(1), .null])
        digest.add([.text("ä"), .integer(-2), .text("")])
        digest.begin("empty")
        #expect(digest.finish().hex == frozen["row_digest"])
    }

    @Test(
        arguments: [
            (0.98666966, "0.98666966"), (0, "0"), (1, "1"), (0.5, "0.5"), (0.000015, "0.000015"),
            (1e-10, "0.0000000001"),
            (2.5e-30, "0.0000000000000000000000000000025"),
        ] as [(Float, String)])
    func `spell a probability as the shortest decimal of its float`(value: Float, text: String) {
        #expect(Probability.decimal(value) == text)
        #expect(Float(text) == value)
    }
}
