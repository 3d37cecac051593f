extension ImageDecoder {
    /// Estimates the peak memory of `decode`, in bytes and beside the file itself, so that a caller can keep a budget.
    public static func decodingMemory(_ info: ImageInfo, as layout: PixelLayout) -> Int {
        info.pixelCount * layout.channels + info.workingBytes
    }
}

extension ImageInfo {
    /// Whether rows come from the decoder in the order in which they are seen.
    var canStream: Bool { orientation == .topLeft && !(format == .png && isLayered) }
}
