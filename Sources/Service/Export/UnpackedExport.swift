import Archive
import Glibc
public import Verifier

/// An export that came as `.tar.zst`, unpacked into a folder that goes with this value.
public final class UnpackedExport: ExportSource {
    private let scratch: ScratchFolder
    private let folder: ExportFolder

    /// Unpacks an archive below `TMPDIR`.
    ///
    /// - Throws: `archive-foreign` when it is no archive of one export, `archive-unusable`, `archive-full`.
    public init(_ path: String) throws(ServiceError) {
        let place = unsafe getenv("TMPDIR").map { unsafe String(cString: $0) } ?? "/tmp"
        scratch = try ScratchFolder(in: place)
        do {
            _ = try TarZstd.unpack(path, into: scratch.path, maximum: 64, accept: ExportManifest.isID)
        } catch { throw ServiceError(error, path) }
        folder = try ExportFolder(scratch.path)
    }

    public func names() throws -> [(name: String, isFile: Bool)] { try folder.names() }

    public func open(_ name: String) throws -> any ByteSource { try folder.open(name) }

    /// Whether a file is such an archive, by how it begins.
    public static func isArchive(_ path: String) -> Bool {
        let descriptor = unsafe Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var beginning = [UInt8](repeating: 0, count: 4)
        let count = unsafe beginning.withUnsafeMutableBytes { unsafe Glibc.read(descriptor, $0.baseAddress, $0.count) }
        return count == 4 && TarZstd.isArchive(beginning)
    }
}

extension ServiceError {
    /// What a person is told of an archive that cannot be used.
    init(_ error: ArchiveError, _ path: String) {
        switch error.code {
        case .foreign:
            self.init(
                .unprocessable, error.code.rawValue, "\(path) is no archive of one export, or it is damaged.",
                cause: error.detail)
        case .full:
            self.init(
                .unavailable, error.code.rawValue, "The disk is full: free space, or name another one with TMPDIR.",
                cause: error.detail)
        case .unusable:
            self.init(
                .unavailable, error.code.rawValue, "\(path) cannot be read or written; check its rights.",
                cause: error.detail)
        }
    }
}
