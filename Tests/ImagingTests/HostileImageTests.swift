import Imaging
import TestSupport
import Testing

@Suite struct `A damaged image` {
    private let limits = ImageLimits(minimumSide: 1)

    @Test(arguments: Fixture.sound) func `that was cut anywhere is refused`(file: String) throws {
        let bytes = try Fixture.bytes(file)
        for place in 0..<100 {
            let cut = Array(bytes[..<(bytes.count * place / 100)])
            #expect(throws: ImagingError.self) { try ImageDecoder.decode(cut, as: .luminance, limits: limits) }
        }
        #expect(throws: ImagingError(.truncated)) {
            try ImageDecoder.decode(Array(bytes.dropLast()), as: .luminance, limits: limits)
        }
    }

    @Test(arguments: Fixture.sound) func `is decoded or refused, whatever bits are flipped`(file: String) throws {
        let bytes = try Fixture.bytes(file)
        let isPNG = file.hasSuffix(".png")
        for seed in 0..<60 as Range<UInt64> {
            var (random, damaged) = (SplitMix64(seed: seed), bytes)
            for _ in 0..<Int.random(in: 1...20, using: &random) {
                // Half of the damage in the headers.
                let span = Bool.random(using: &random) ? min(700, bytes.count) : bytes.count
                damaged[Int.random(in: 0..<span, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            }
            let result = Result { () throws(ImagingError) in
                try ImageDecoder.decode(damaged, as: .rgb, limits: limits)
            }
            guard case .success(let image) = result else { continue }
            #expect(image.pixels.count == image.width * image.height * 3, "seed \(seed)")
            // Every byte of a PNG is under a checksum, except chunks after the picture's last.
            #expect(!isPNG || damaged == bytes, "seed \(seed)")
        }
    }

    @Test(arguments: [0, 1, 2, 3, 7, 8, 20, 40]) func `of a few bytes is refused`(count: Int) throws {
        for prefix: [UInt8] in [[], [0xFF, 0xD8, 0xFF], [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]] {
            let bytes = (prefix + [UInt8](repeating: 0, count: 40)).prefix(count)
            #expect(throws: ImagingError.self) { try ImageDecoder.inspect(Array(bytes)) }
        }
    }

    @Test func `cannot claim more pixels than its bytes can hold`() throws {
        // A JPEG start of frame is FF C0, length, precision, height, width.
        var bytes = try Fixture.bytes("formats/normal/07_grey.jpg")
        let frame = try #require(bytes.indices.dropLast().first { bytes[$0] == 0xFF && bytes[$0 + 1] == 0xC0 })
        bytes.replaceSubrange(frame + 5..<frame + 9, with: [0x27, 0x10, 0x27, 0x10])  // 10,000 by 10,000
        #expect(throws: ImagingError(.truncated)) { try ImageDecoder.inspect(bytes) }
        bytes.replaceSubrange(frame + 5..<frame + 9, with: [0xEA, 0x60, 0xEA, 0x60])  // 60,000 by 60,000
        #expect(throws: ImagingError(.tooLarge)) { try ImageDecoder.inspect(bytes) }
    }

    @Test(arguments: ["formats/normal/08_grey_progressive.jpg", "malformed/jpeg-variants/non-interleaved-mcu.jpg"])
    func `with more scans than a picture needs is refused`(file: String) throws {
        let bytes = try Fixture.bytes(file)
        _ = try ImageDecoder.decode(bytes, as: .luminance, limits: limits)
        var fewer = limits
        fewer.maximumScans = 1
        #expect(throws: ImagingError(.tooLarge)) { try ImageDecoder.decode(bytes, as: .luminance, limits: fewer) }

        let scan = try #require(bytes.indices.dropLast().last { bytes[$0] == 0xFF && bytes[$0 + 1] == 0xDA })
        let scans = (0..<limits.maximumScans).flatMap { _ in bytes[scan..<bytes.count - 2] }
        let bomb = Array(bytes[..<scan]) + scans + [0xFF, 0xD9]
        #expect(throws: ImagingError.self) { try ImageDecoder.decode(bomb, as: .luminance, limits: limits) }
    }

    @Test func `stops at the time limit`() throws {
        let bytes = try Fixture.bytes("malformed/derived/png_bomb_grey8_30000x24000.png")
        #expect(throws: ImagingError(.tooLarge)) { try ImageDecoder.inspect(bytes) }
        var generous = ImageLimits(maximumPixels: 1_000_000_000)
        generous.maximumMilliseconds = 20
        #expect(throws: ImagingError(.tooSlow)) {
            try ImageDecoder.decodeResized(bytes, as: .luminance, width: 160, height: 160, limits: generous)
        }
    }
}
