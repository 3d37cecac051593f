import Testing

@testable import Service

@Suite struct `The manifest of a backup` {
    private func manifest(_ path: String) -> BackupManifest {
        BackupManifest(
            origin: "log.example/cxr", size: 1, root: "00", files: [.init(path: path, bytes: 3, sha256: "aa")],
            projections: [.init(name: "predictions", version: 1, rows: 1, digest: "bb")])
    }

    @Test(arguments: ["checkpoint", "tile/0/x001/067.p/17", "images/aa/aabb", "a..b/..c"])
    func `is read as it was written`(path: String) throws {
        #expect(try BackupManifest(parsing: manifest(path).bytes) == manifest(path))
    }

    @Test(arguments: [
        "", "/etc/passwd", "..", "../x", "a/../../x", "a//b", "a/", "./a", "../\u{301}x", "/\u{301}x", "a\u{0}/b",
        "a b",
        "..\r\n/x",
    ])
    func `names no file outside its folder`(path: String) {
        #expect(throws: ServiceError.self) { try BackupManifest(parsing: manifest(path).bytes) }
    }
}
