import CImageCodecs

/// Decodes JPEG and PNG files, which may come from anyone.
///
/// A file is recognised by its content. Its header is judged before anything is allocated for the picture, and a file
/// that is damaged or incomplete is refused as a whole: no picture is ever partly made up.
public enum ImageDecoder {
    /// Reads the header and holds it against the limits, without decoding a pixel.
    ///
    /// - Throws: `.unsupportedType`, `.unsupportedVariant`, `.corrupt`, `.truncated` (also when the file is shorter than
    ///   any valid one of its size), `.tooLarge`, `.tooSmall`.
    public static func inspect(
        _ bytes: [UInt8], limits: ImageLimits = ImageLimits()
    ) throws(ImagingError) -> ImageInfo {
        guard let format = ImageFormat(sniffing: bytes) else { throw ImagingError(.unsupportedType) }
        var header = cic_info()
        let status = unsafe bytes.withUnsafeBufferPointer {
            unsafe cic_inspect(format.codec, $0.baseAddress, $0.count, &header)
        }
        try ImagingError.check(status)
        let orientation = format == .jpeg ? Orientation.stated(inJPEG: bytes) : .topLeft
        let (width, height) = (Int(header.width), Int(header.height))
        guard min(width, height) >= limits.minimumSide else { throw ImagingError(.tooSmall) }
        guard max(width, height) <= limits.maximumSide, width * height <= limits.maximumPixels,
            header.working_bytes <= UInt64(clamping: limits.maximumWorkingBytes)
        else { throw ImagingError(.tooLarge) }
        guard UInt64(bytes.count) >= header.minimum_bytes else { throw ImagingError(.truncated) }
        return ImageInfo(
            format: format,
            width: orientation.swapsSides ? height : width, height: orientation.swapsSides ? width : height,
            bitDepth: Int(header.bit_depth), colour: ImageInfo.Colour(header.colour), isLayered: header.layered,
            orientation: orientation, workingBytes: Int(clamping: header.working_bytes))
    }

    /// Decodes a whole picture and turns it upright.
    ///
    /// Luminance is ITU-R 601-2 luma, as in Pillow's `convert("L")`; transparency is dropped, as it does. 16-bit samples
    /// are scaled to 8 bits.
    ///
    /// - Throws: What `inspect` throws, and `.tooSlow` or `.outOfMemory`.
    public static func decode(
        _ bytes: [UInt8], as layout: PixelLayout, limits: ImageLimits = ImageLimits()
    ) throws(ImagingError) -> PixelImage {
        let info = try inspect(bytes, limits: limits)
        let place = info.orientation.placement(width: info.width, height: info.height)
        let count = info.pixelCount * layout.channels
        var status = CIC_OK
        let pixels = unsafe [UInt8](unsafeUninitializedCapacity: count) { pixels, written in
            var target = unsafe cic_target(info, layout)
            unsafe target.pixels = pixels.baseAddress
            unsafe target.origin = place.origin * layout.channels
            unsafe target.column = place.column * layout.channels
            unsafe target.row = place.row * layout.channels
            status = unsafe decode(bytes, info.format, limits, into: &target)
            written = status == CIC_OK ? count : 0
        }
        try ImagingError.check(status)
        return PixelImage(width: info.width, height: info.height, layout: layout, pixels: pixels)
    }

    /// Decodes a picture straight to another size: the same pixels as `Resizer.bilinear` makes of the decoded picture,
    /// in the memory of the result alone.
    ///
    /// An interlaced PNG, or a picture that has to be turned, is decoded whole first.
    ///
    /// - Throws: What `decode` throws.
    /// - Precondition: `width` and `height` are in `Resizer.sides`.
    public static func decodeResized(
        _ bytes: [UInt8], as layout: PixelLayout, width: Int, height: Int, limits: ImageLimits = ImageLimits()
    ) throws(ImagingError) -> PixelImage {
        let info = try inspect(bytes, limits: limits)
        guard info.canStream else {
            return Resizer.bilinear(try decode(bytes, as: layout, limits: limits), width: width, height: height)
        }
        let resizer = try RowResizer(
            width: info.width, height: info.height, layout: layout, newWidth: width, newHeight: height)
        var target = unsafe cic_target(info, layout)
        unsafe target.resizer = resizer.handle
        try ImagingError.check(unsafe decode(bytes, info.format, limits, into: &target))
        return resizer.finish()
    }

    private static func decode(
        _ bytes: [UInt8], _ format: ImageFormat, _ limits: ImageLimits, into target: inout cic_target
    ) -> cic_status {
        var codecLimits = cic_limits(
            maximum_working_bytes: UInt64(clamping: limits.maximumWorkingBytes),
            maximum_scans: UInt32(clamping: limits.maximumScans),
            maximum_milliseconds: UInt32(clamping: limits.maximumMilliseconds))
        return unsafe bytes.withUnsafeBufferPointer {
            unsafe cic_decode(format.codec, $0.baseAddress, $0.count, &codecLimits, &target)
        }
    }
}

extension ImageFormat {
    fileprivate var codec: cic_format { self == .jpeg ? CIC_JPEG : CIC_PNG }
}

extension cic_target {
    /// A target for the picture as stored, with no place to put it yet.
    fileprivate init(_ info: ImageInfo, _ layout: PixelLayout) {
        unsafe self.init()
        unsafe width = UInt32(clamping: info.storedSize.width)
        unsafe height = UInt32(clamping: info.storedSize.height)
        unsafe channels = UInt32(clamping: layout.channels)
    }
}
