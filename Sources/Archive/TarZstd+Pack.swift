import CArchive
import Glibc

extension TarZstd {
    /// Packs plain files into one archive, below one top folder; the archive is there whole or not at all.
    ///
    /// - Throws: `.unusable` or `.full`.
    public static func pack(
        _ files: [(name: String, path: String)], under top: String, into path: String
    ) throws(ArchiveError) {
        let temporary = path + ".partial"
        let descriptor = unsafe open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw failure("create", temporary) }
        defer { close(descriptor) }
        do throws(ArchiveError) {
            try write(files, under: top, to: descriptor, temporary)
            guard fdatasync(descriptor) == 0 else { throw failure("fdatasync", temporary) }
            guard unsafe rename(temporary, path) == 0 else { throw failure("rename", path) }
        } catch {
            unsafe unlink(temporary)
            throw error
        }
    }

    private static func write(
        _ files: [(name: String, path: String)], under top: String, to descriptor: Int32, _ path: String
    ) throws(ArchiveError) {
        let archive = unsafe archive_write_new()
        defer { unsafe _ = archive_write_free(archive) }
        guard unsafe archive_write_add_filter_zstd(archive) == ARCHIVE_OK,
            unsafe archive_write_set_format_pax_restricted(archive) == ARCHIVE_OK,
            unsafe archive_write_open_fd(archive, descriptor) == ARCHIVE_OK
        else { throw unsafe failure(archive, path, .unusable) }
        for file in files { unsafe try add(file.path, as: "\(top)/\(file.name)", to: archive, path) }
        guard unsafe archive_write_close(archive) == ARCHIVE_OK else { throw unsafe failure(archive, path, .unusable) }
    }

    private static func add(
        _ file: String, as name: String, to archive: OpaquePointer?, _ path: String
    ) throws(ArchiveError) {
        let descriptor = unsafe open(file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { throw failure("open", file) }
        defer { close(descriptor) }
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { throw failure("fstat", file) }
        let entry = unsafe archive_entry_new()
        defer { unsafe archive_entry_free(entry) }
        unsafe archive_entry_set_pathname(entry, name)
        unsafe archive_entry_set_size(entry, Int64(status.st_size))
        unsafe archive_entry_set_filetype(entry, Glibc.S_IFREG)
        unsafe archive_entry_set_perm(entry, 0o644)
        unsafe archive_entry_set_mtime(entry, status.st_mtim.tv_sec, 0)
        guard unsafe archive_write_header(archive, entry) == ARCHIVE_OK else {
            throw unsafe failure(archive, path, .unusable)
        }
        var buffer = [UInt8](repeating: 0, count: blockSize)
        while true {
            let count = unsafe buffer.withUnsafeMutableBytes { unsafe read(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw failure("read", file) }
            if count == 0 { return }
            let written = unsafe buffer.withUnsafeBytes { unsafe archive_write_data(archive, $0.baseAddress, count) }
            guard written == count else { throw unsafe failure(archive, path, .unusable) }
        }
    }
}
