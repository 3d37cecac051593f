import CArchive
import Glibc

extension TarZstd {
    /// Whether a file begins as zstd does (RFC 8878 section 3.1.1).
    public static func isArchive(_ beginning: some Collection<UInt8>) -> Bool {
        beginning.prefix(4).elementsEqual([0x28, 0xB5, 0x2F, 0xFD])
    }

    /// Unpacks the plain files of one top folder into a folder that is there.
    ///
    /// Nothing else is accepted: no links, no folders within, no two files of one name, no file whose name `accept`
    /// refuses, at most `maximum` files, and no more bytes than an export could have been packed from.
    ///
    /// - Returns: the name of the top folder.
    /// - Throws: `.foreign`, `.unusable` or `.full`.
    public static func unpack(
        _ path: String, into folder: String, maximum: Int, accept: (String) -> Bool
    ) throws(ArchiveError) -> String {
        let archive = unsafe archive_read_new()
        defer { unsafe _ = archive_read_free(archive) }
        guard unsafe archive_read_support_filter_zstd(archive) == ARCHIVE_OK,
            unsafe archive_read_support_format_tar(archive) == ARCHIVE_OK,
            unsafe archive_read_open_filename(archive, path, blockSize) == ARCHIVE_OK
        else { throw unsafe failure(archive, path, .foreign) }
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { throw failure("stat", path) }
        var (top, count, room) = (String?.none, 0, 1 << 24 + Int(status.st_size) * greatestRatio)
        while let entry = unsafe try next(archive, path) {
            let isFolder = unsafe archive_entry_filetype(entry) == Glibc.S_IFDIR
            guard let text = unsafe archive_entry_pathname(entry) else { throw ArchiveError(.foreign, "a name") }
            var parts = unsafe String(cString: text).split(separator: "/", omittingEmptySubsequences: false)
            if isFolder, parts.last == "" { parts.removeLast() }
            guard let first = parts.first, accept(String(first)), top == nil || top == String(first) else {
                throw ArchiveError(.foreign, "more than one top folder")
            }
            top = String(first)
            if isFolder, parts.count == 1 { continue }
            count += 1
            guard unsafe archive_entry_filetype(entry) == Glibc.S_IFREG, unsafe archive_entry_hardlink(entry) == nil,
                parts.count == 2, accept(String(parts[1])), count <= maximum
            else { throw ArchiveError(.foreign, "something that is no file of an export") }
            unsafe try copy(archive, to: "\(folder)/\(parts[1])", path, room: &room)
        }
        guard let top else { throw ArchiveError(.foreign, "nothing is in it") }
        return top
    }

    private static func next(_ archive: OpaquePointer?, _ path: String) throws(ArchiveError) -> OpaquePointer? {
        var entry: OpaquePointer?
        switch unsafe archive_read_next_header(archive, &entry) {
        case ARCHIVE_OK, ARCHIVE_WARN: return unsafe entry
        case ARCHIVE_EOF: return nil
        default: throw unsafe failure(archive, path, .foreign)
        }
    }

    /// How many times smaller an archive may be than its files: entries hold digests and signatures, and shrink to a third.
    private static let greatestRatio = 200

    private static func copy(
        _ archive: OpaquePointer?, to file: String, _ path: String, room: inout Int
    ) throws(ArchiveError) {
        let descriptor = unsafe open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else {
            if errno == EEXIST { throw ArchiveError(.foreign, "two files of one name") }
            throw failure("create", file)
        }
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: blockSize)
        while true {
            let count = unsafe buffer.withUnsafeMutableBytes {
                unsafe archive_read_data(archive, $0.baseAddress, $0.count)
            }
            guard count >= 0 else { throw unsafe failure(archive, path, .foreign) }
            if count == 0 { return }
            room -= count
            guard room >= 0 else { throw ArchiveError(.foreign, "more than an archive of its size would hold") }
            var written = 0
            while written < count {
                let result = unsafe buffer.withUnsafeBytes {
                    unsafe write(descriptor, $0.baseAddress.map { unsafe $0 + written }, count - written)
                }
                if result < 0, errno == EINTR { continue }
                guard result > 0 else { throw failure("write", file) }
                written += result
            }
        }
    }
}
