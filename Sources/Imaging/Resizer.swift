import CImageCodecs

/// Changes the size of pictures.
public enum Resizer {
    /// The sides that may be asked for, in pixels.
    public static let sides = 1...16_384

    /// Resizes to exactly `width` by `height` pixels, without keeping the aspect ratio.
    ///
    /// Bit for bit what Pillow's `Image.resize((width, height), BILINEAR)` makes: a triangle filter as wide as the
    /// reduction (so reducing averages), a horizontal pass rounded to 8 bits, then a vertical one. Pillow 13 takes the
    /// vertical pass first when the height shrinks by over twice as many pixels as the width; a few pixels of such a
    /// picture then differ by one level.
    ///
    /// - Precondition: `width` and `height` are in `sides`.
    public static func bilinear(_ image: PixelImage, width: Int, height: Int) -> PixelImage {
        bilinear(image, width: width, height: height, portable: false)
    }

    /// The same; if `portable`, by instructions that every processor has, so that tests can compare.
    package static func bilinear(_ image: PixelImage, width: Int, height: Int, portable: Bool) -> PixelImage {
        guard
            let resizer = try? RowResizer(
                width: image.width, height: image.height, layout: image.layout, newWidth: width, newHeight: height,
                portable: portable)
        else { preconditionFailure("no memory for a resizer") }
        unsafe image.pixels.withUnsafeBufferPointer { pixels in
            let rowBytes = image.width * image.layout.channels
            for start in stride(from: 0, to: pixels.count, by: rowBytes) {
                guard let row = unsafe pixels.baseAddress.map({ unsafe $0 + start }) else { return }
                if pixels.count - start >= rowBytes + Int(CIC_ROW_PADDING) {
                    unsafe cic_resizer_push(resizer.handle, row)
                } else {
                    // The kernel may look a little past the row's end, which for the last rows is past the picture's.
                    let padding = repeatElement(0 as UInt8, count: Int(CIC_ROW_PADDING))
                    let padded = Array(image.pixels[start..<start + rowBytes]) + padding
                    unsafe cic_resizer_push(resizer.handle, padded)
                }
            }
        }
        return resizer.finish()
    }
}
