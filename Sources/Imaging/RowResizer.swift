import CImageCodecs

/// Owns a resizer of the C codecs, which takes a picture row by row.
@safe struct RowResizer: ~Copyable {
    let handle: OpaquePointer
    private let width, height: Int
    private let layout: PixelLayout

    /// - Throws: `.outOfMemory`.
    init(
        width: Int, height: Int, layout: PixelLayout, newWidth: Int, newHeight: Int, portable: Bool = false
    ) throws(ImagingError) {
        precondition(Resizer.sides.contains(newWidth) && Resizer.sides.contains(newHeight), "a side out of range")
        guard
            let handle = unsafe cic_resizer_create(
                UInt32(width), UInt32(height), UInt32(layout.channels), UInt32(newWidth), UInt32(newHeight), portable)
        else { throw ImagingError(.outOfMemory) }
        unsafe self.handle = handle
        (self.width, self.height, self.layout) = (newWidth, newHeight, layout)
    }

    deinit { unsafe cic_resizer_free(handle) }

    /// The resized picture, once every row has been pushed.
    func finish() -> PixelImage {
        let count = width * height * layout.channels
        let pixels = unsafe [UInt8](unsafeUninitializedCapacity: count) { pixels, written in
            unsafe cic_resizer_finish(handle, pixels.baseAddress)
            written = count
        }
        return PixelImage(width: width, height: height, layout: layout, pixels: pixels)
    }
}
