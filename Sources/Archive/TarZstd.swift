import CArchive
import Glibc

/// Folders of plain files as `tar.zst`, which `tar --zstd` reads and writes too.
public enum TarZstd {
    static let blockSize = 1 << 18

    /// Why a call on a file failed, by `errno`.
    static func failure(_ call: String, _ path: String) -> ArchiveError {
        let code = errno
        return ArchiveError(
            code == ENOSPC || code == EDQUOT ? .full : .unusable,
            unsafe "\(path): \(call): \(String(cString: strerror(code)))")
    }

    /// What the library says of its last failure.
    static func failure(_ archive: OpaquePointer?, _ path: String, _ code: ArchiveError.Code) -> ArchiveError {
        let number = unsafe archive_errno(archive)
        let reason = unsafe archive_error_string(archive).map { unsafe String(cString: $0) } ?? "unknown"
        return ArchiveError(number == ENOSPC || number == EDQUOT ? .full : code, "\(path): \(reason)")
    }
}
