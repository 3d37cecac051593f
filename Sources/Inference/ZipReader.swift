import CZip

/// Owns an open zip archive and the copy of its bytes, which libzip reads from.
@safe struct ZipReader: ~Copyable {
    private let archive: OpaquePointer
    private let copy: UnsafeMutableBufferPointer<UInt8>

    init(_ bytes: [UInt8]) throws(InferenceError) {
        let copy = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: max(bytes.count, 1))
        _ = unsafe copy.initialize(from: bytes)
        var error = unsafe zip_error_t()
        unsafe zip_error_init(&error)
        defer { unsafe zip_error_fini(&error) }
        let source = unsafe zip_source_buffer_create(copy.baseAddress, zip_uint64_t(bytes.count), 0, &error)
        // ZIP_CHECKCONS: the local headers must agree with the central directory.
        let flags = Int32(ZIP_RDONLY) | Int32(ZIP_CHECKCONS)
        guard let archive = unsafe zip_open_from_source(source, flags, &error) else {
            // "the zip_source_t is not freed when zip_open_from_source fails" (libzip manual).
            unsafe zip_source_free(source)
            unsafe copy.deallocate()
            throw InferenceError(
                .malformedArchive, "not a .keras file: the zip archive is damaged; save the model again")
        }
        unsafe (self.archive, self.copy) = (archive, copy)
    }

    deinit {
        unsafe zip_discard(archive)
        unsafe copy.deallocate()
    }

    /// The names of all members, each once.
    func names() throws(InferenceError) -> [String] {
        let count = unsafe zip_get_num_entries(archive, 0)
        guard 0...zip_int64_t(Limits.archiveMembers) ~= count else {
            throw InferenceError(.tooLarge, "the archive has \(count) members, the limit is \(Limits.archiveMembers)")
        }
        let names = (0..<zip_uint64_t(count)).compactMap { index in
            unsafe zip_get_name(archive, index, 0).map { unsafe String(cString: $0) }
        }
        guard Set(names).count == Int(count) else {
            throw InferenceError(.malformedArchive, "the archive names a member twice; save the model again")
        }
        return names
    }

    /// The inflated bytes of one member.
    func member(_ name: String, limit: Int) throws(InferenceError) -> [UInt8] {
        guard let index = try names().firstIndex(of: name) else {
            throw InferenceError(.malformedArchive, "\(name) is missing: save the model in the Keras 3 format (.keras)")
        }
        var status = unsafe zip_stat_t()
        let known = zip_uint64_t(ZIP_STAT_SIZE)
        guard unsafe zip_stat_index(archive, zip_uint64_t(index), 0, &status) == 0, unsafe status.valid & known != 0
        else { throw InferenceError(.malformedArchive, "\(name) cannot be examined") }
        guard let size = unsafe Int(exactly: status.size), size <= limit else {
            throw InferenceError(.tooLarge, "\(name) would inflate to more than \(limit) bytes")
        }
        guard let file = unsafe zip_fopen_index(archive, zip_uint64_t(index), 0) else {
            throw InferenceError(.malformedArchive, "\(name) cannot be opened: encrypted, or an unknown compression")
        }
        defer { unsafe zip_fclose(file) }
        var complete = false
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: size + 1) { buffer, count in
            // One byte more than declared: reading to the end makes libzip check the checksum, and shows a false
            // size.
            while count <= size {
                let read = unsafe zip_fread(
                    file, buffer.baseAddress?.advanced(by: count), zip_uint64_t(size + 1 - count))
                guard read > 0 else {
                    complete = read == 0 && count == size
                    return
                }
                count += Int(read)
            }
        }
        guard complete else { throw InferenceError(.malformedArchive, "\(name) is damaged; copy the file again") }
        return bytes
    }
}
