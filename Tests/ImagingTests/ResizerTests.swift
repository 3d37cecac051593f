import Imaging
import Testing

@Suite struct `The resizer` {
    @Test(arguments: Fixture.table("resizes.csv")) func `is Pillow's, to the bit`(row: [String]) throws {
        let numbers = try row[..<5].map { try #require(Int($0)) }
        let image = pattern(width: numbers[0], height: numbers[1], layout: numbers[2] == 1 ? .luminance : .rgb)
        for portable in [false, true] {
            let resized = Resizer.bilinear(image, width: numbers[3], height: numbers[4], portable: portable)
            #expect(fnv1a(resized.pixels) == UInt64(row[5], radix: 16))
        }
    }

    @Test(arguments: ["person905_bacteria_2830", "person1355_bacteria_3452"])
    func `gives a model the pixels that Pillow gives it`(name: String) throws {
        let bytes = try Fixture.bytes("samples/\(name).jpeg")
        let resized = try ImageDecoder.decodeResized(bytes, as: .luminance, width: 160, height: 160)
        #expect(try resized.pixels == Fixture.bytes("samples/\(name).raw"))
    }

    @Test func `leaves a picture of the asked size as it is`() {
        let image = pattern(width: 50, height: 40, layout: .rgb)
        #expect(Resizer.bilinear(image, width: 50, height: 40) == image)
    }

    @Test func `reduces the longest picture without overflow`() {
        let image = PixelImage(
            width: 32, height: 500_000, layout: .luminance, pixels: [UInt8](repeating: 255, count: 16_000_000))
        let resized = Resizer.bilinear(image, width: 1, height: 1)
        #expect(resized.pixels.allSatisfy { $0 >= 250 })
    }

    @Test func `scales bytes to the unit interval by true division`() {
        let image = PixelImage(width: 256, height: 1, layout: .luminance, pixels: Array(0...255))
        #expect(image.unitScaled() == (0...255).map { Float($0) / 255 })
    }

    /// The picture that `pattern` makes in Fixtures/make_references.py.
    private func pattern(width: Int, height: Int, layout: PixelLayout) -> PixelImage {
        var pixels: [UInt8] = []
        for y in 0..<height {
            for x in 0..<width {
                for c in 0..<layout.channels {
                    let value = x * x * 7 + y * x * 13 + c * 101 + (x ^ y) * 3
                    pixels.append(UInt8(truncatingIfNeeded: value))
                }
            }
        }
        return PixelImage(width: width, height: height, layout: layout, pixels: pixels)
    }

    private func fnv1a(_ bytes: [UInt8]) -> UInt64 {
        bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }
}
