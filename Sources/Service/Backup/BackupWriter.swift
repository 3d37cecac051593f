import Crypto
import Glibc
import Ledger
import Storage

/// Writes files of a backup and keeps the list of what it wrote.
struct BackupWriter {
    let folder: String
    private(set) var files: [BackupManifest.File] = []

    init(folder: String) { self.folder = folder }

    var totalBytes: Int64 { files.reduce(0) { $0 + $1.bytes } }

    mutating func write(_ bytes: [UInt8], to path: String) throws(ServiceError) {
        let full = "\(folder)/\(path)"
        try SmallFile.makeFolder(DurableFile.folder(of: full))
        try SmallFile.write(bytes, to: full)
        files.append(.init(path: path, bytes: Int64(bytes.count), sha256: SHA256.hash(bytes).hex))
    }
}
