import Glibc
import Storage

@testable import Service

/// Any bytes as each of the files that the service reads: a model card, a backup's manifest, wrapped secrets, `.env`,
/// the checkpoint lock, the spool, and the answers of an object store.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzFiles(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    if let card = try? ModelCard(bytes, inputShape: [64, 64, 1], outputs: 1) {
        precondition(card.classes.count == 2, "as many classes as the model has")
    }
    if let manifest = try? BackupManifest(parsing: bytes) {
        precondition((try? BackupManifest(parsing: manifest.bytes)) == manifest, "a manifest is read as it is written")
        for file in manifest.files { precondition(staysInside(file.path), "no file lies outside the folder") }
    }
    if let records = SecretsFile.decode(bytes) {
        precondition(
            SecretsFile.decode(SecretsFile.encode(records))?.count == records.count, "secrets are read as written")
    }
    let values = EnvironmentFile.parse(String(decoding: bytes, as: UTF8.self))
    if let settings = try? Settings(flags: [:], environment: [:], file: values) {
        _ = (settings.sqlitePath, settings.effective)
    }
    let spool = SpoolContents(bytes)
    precondition(
        spool.records.flatMap(\.bytes) == Array(bytes.dropFirst(16).prefix(spool.size)), "records are read as written")
    _ = spool.checked(origin: "log", certificates: [])
    precondition(ObjectListing.widths(in: bytes).allSatisfy { (1...255).contains($0) }, "widths of unfinished tiles")
    precondition(ObjectListing.code(of: bytes).map { $0.utf8.count <= 64 } ?? true, "a code is a word")
    if let text = String(validating: bytes, as: UTF8.self), let (name, prefix) = Bucket.parse(text) {
        precondition(!name.isEmpty && (prefix.isEmpty || prefix.hasSuffix("/")), "a bucket has a name")
    }
    if count > 64 { lock(bytes) }
    return 0
}

/// What the system makes of a path: components between slashes, up to a NUL.
private func staysInside(_ path: String) -> Bool {
    path.utf8.first != 0x2F && !path.utf8.contains(0)
        && !path.utf8.split(separator: 0x2F).contains { $0.elementsEqual("..".utf8) }
}

/// A file without a name, and the path under which it can be opened all the same.
private let unnamed: (descriptor: CInt, path: String) = {
    var name = Array("/tmp/fuzz-XXXXXX".utf8CString)
    let descriptor = mkstemp(&name)
    unlink(name)
    return (descriptor, "/proc/self/fd/\(descriptor)")
}()

private func lock(_ bytes: [UInt8]) {
    ftruncate(unnamed.descriptor, 0)
    guard pwrite(unnamed.descriptor, bytes, bytes.count, 0) == bytes.count,
        let lock = try? FileCheckpointLock(path: unnamed.path)
    else { return }
    let (current, notes) = (try? lock.current(), (try? lock.notes()) ?? [])
    precondition(notes.count <= 2 && current.map { notes.contains($0) } ?? notes.isEmpty, "the lock knows its notes")
    _ = try? lock.damage()
}
