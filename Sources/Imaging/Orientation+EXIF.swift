extension Orientation {
    /// Finds the orientation in a JPEG file's EXIF segment; `.topLeft` when there is none that can be read.
    ///
    /// Looks at the segments before the first scan and there at the first image directory only, so the cost is bounded
    /// by the file and no directory can refer to itself (JPEG: ITU-T T.81 B.1.1; EXIF: CIPA DC-008 4.5 and 4.6.4).
    static func stated(inJPEG bytes: [UInt8]) -> Orientation {
        let file = ByteView(bytes: bytes, range: 0..<bytes.count, isBigEndian: true)
        var offset = 2
        while file.byte(at: offset) == 0xFF, let marker = file.byte(at: offset + 1) {
            switch marker {
            case 0xFF: offset += 1  // a fill byte
            case 0x01, 0xD0...0xD8: offset += 2  // no payload
            case 0xD9, 0xDA: return .topLeft  // the headers are over
            default:
                guard let length = file.uint16(at: offset + 2), length >= 2,
                    let payload = file.part(offset + 4..<offset + 2 + length)
                else { return .topLeft }
                if marker == 0xE1, let orientation = stated(inEXIF: payload) { return orientation }
                offset += 2 + length
            }
        }
        return .topLeft
    }

    private static func stated(inEXIF segment: ByteView) -> Orientation? {
        guard segment.starts(with: Array("Exif\0\0".utf8)), var tiff = segment.part(6..<segment.range.count) else {
            return nil
        }
        if tiff.starts(with: [0x49, 0x49, 42, 0]) {
            tiff.isBigEndian = false
        } else if !tiff.starts(with: [0x4D, 0x4D, 0, 42]) {
            return nil
        }
        guard let directory = tiff.uint32(at: 4), let count = tiff.uint16(at: directory) else { return nil }
        for entry in stride(from: directory + 2, to: directory + 2 + 12 * count, by: 12) {
            guard let tag = tiff.uint16(at: entry) else { return nil }
            guard tag == 0x0112 else { continue }
            let isOneShort = tiff.uint16(at: entry + 2) == 3 && tiff.uint32(at: entry + 4) == 1
            guard isOneShort, let value = tiff.uint16(at: entry + 8) else { return nil }
            return Orientation(rawValue: UInt8(clamping: value))
        }
        return nil
    }
}
