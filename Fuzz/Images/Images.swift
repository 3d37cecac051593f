import Imaging

/// Any bytes as an image: decoding answers, and decoding to another size gives the pixels of the two steps.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzImages(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    var bytes = Array(UnsafeBufferPointer(start: start, count: count))
    decode(bytes)
    // libpng looks at nothing behind a wrong checksum, and no mutation would find the right one.
    if ImageFormat(sniffing: bytes) == .png, repairChecksums(&bytes) { decode(bytes) }
    return 0
}

private let limits: ImageLimits = {
    var limits = ImageLimits(maximumPixels: 1 << 14, minimumSide: 1)
    limits.maximumWorkingBytes = 1 << 22
    limits.maximumScans = 8
    return limits
}()

private func decode(_ bytes: [UInt8]) {
    guard let info = try? ImageDecoder.inspect(bytes, limits: limits) else { return }
    for layout in [PixelLayout.luminance, .rgb] {
        let whole = try? ImageDecoder.decode(bytes, as: layout, limits: limits)
        let small = try? ImageDecoder.decodeResized(bytes, as: layout, width: 9, height: 7, limits: limits)
        precondition(small == whole.map { Resizer.bilinear($0, width: 9, height: 7) }, "resizing while decoding")
        if let whole {
            precondition(whole.width == info.width && whole.height == info.height, "the header's size")
            precondition(whole.pixels.count == info.pixelCount * layout.channels, "every pixel")
        }
    }
}

/// Makes the checksum of every chunk right (PNG, third edition, section 5.3).
///
/// - Returns: whether one was wrong.
private func repairChecksums(_ bytes: inout [UInt8]) -> Bool {
    var (offset, changed) = (8, false)
    while offset + 12 <= bytes.count {
        let length = bytes[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) }
        let end = offset + 8 + length
        guard end + 4 <= bytes.count else { return changed }
        var checksum = ~0 as UInt32
        for byte in bytes[offset + 4..<end] {
            checksum ^= UInt32(byte)
            for _ in 0..<8 { checksum = checksum >> 1 ^ (checksum & 1) * 0xEDB8_8320 }
        }
        for place in 0..<4 {
            let byte = UInt8(truncatingIfNeeded: ~checksum >> (24 - 8 * UInt32(place)))
            changed = changed || bytes[end + place] != byte
            bytes[end + place] = byte
        }
        offset = end + 4
    }
    return changed
}
