import Imaging
import Testing

@Suite struct `The image decoder` {
    /// Every size, so that small pictures too are compared with their reference.
    static let anySize = ImageLimits(minimumSide: 1)

    @Test(arguments: Fixture.all) func `does with every file what may be done with it`(fixture: Fixture) throws {
        let bytes = try fixture.bytes()
        let clock = ContinuousClock()
        var outcome: Result<PixelImage, ImagingError>?
        let duration = clock.measure {
            outcome = Result { () throws(ImagingError) in try ImageDecoder.decode(bytes, as: .luminance) }
        }
        #expect(duration < .seconds(5))
        let expectation = fixture.expectation
        switch try #require(outcome) {
        case .success(let image):
            #expect(image.pixels.count == image.width * image.height)
            let mustRefuse = ["clean error", "reject", "refuse"].contains { expectation.hasPrefix($0) }
            #expect(!mustRefuse || expectation.contains("accept") || expectation.contains("padded"))
        case .failure(let error):
            if expectation == "decodes; may be refused as too small" {
                #expect(error.code == .tooSmall)
            } else {
                let phrases = ["error", "reject", "refuse", "no crash", "no memory", "CRC"]
                #expect(phrases.contains { expectation.contains($0) }, "\(error.code) for: \(expectation)")
            }
            if expectation.contains("unsupported type") { #expect(error.code == .unsupportedType) }
        }
    }

    @Test(arguments: Fixture.formats) func `sees the same picture in every container`(fixture: Fixture) throws {
        let image = try ImageDecoder.decode(fixture.bytes(), as: .luminance)
        let folder = fixture.file.split(separator: "/").dropLast().joined(separator: "/")
        let reference = try ImageDecoder.decode(Fixture.bytes("\(folder)/00_reference_grey8.png"), as: .luminance)
        #expect((image.width, image.height) == (reference.width, reference.height))
        let differences = zip(image.pixels, reference.pixels).map { abs(Int($0) - Int($1)) }
        let mean = Double(differences.reduce(0, +)) / Double(differences.count)
        if fixture.expectation == "equivalent" {
            #expect(differences.max() ?? 0 <= 1)
        } else {
            #expect(mean < 3, "lossy, but the same picture")
        }
    }

    @Test func `agrees with Pillow on every picture that both decode`() throws {
        var compared = 0
        for row in Fixture.table("references.csv") {
            let (file, bytes) = (row[0], try Fixture.bytes(row[0]))
            // A few of them are damaged in ways that Pillow passes over.
            guard let rgb = try? ImageDecoder.decode(bytes, as: .rgb, limits: Self.anySize) else { continue }
            let luminance = try ImageDecoder.decode(bytes, as: .luminance, limits: Self.anySize)
            for (image, column) in [(luminance, 3), (rgb, 4)] {
                #expect([row[1], row[2]] == ["\(image.width)", "\(image.height)"], "\(file)")
                let channels = image.layout.channels
                var largest = 0
                for (index, expected) in hexadecimal(row[column]).enumerated() {
                    let pixel = index / channels * 40503 % (image.width * image.height)
                    // Y as stored differs from the luminance of a colour that RGB cannot hold and that was clipped.
                    let colour = rgb.pixels[pixel * 3..<pixel * 3 + 3]
                    if column == 3, colour.contains(where: { $0 == 0 || $0 == 255 }) { continue }
                    largest = max(largest, abs(Int(image.pixels[pixel * channels + index % channels]) - Int(expected)))
                }
                #expect(largest <= 1, "\(file) as \(image.layout)")
                compared += 1
            }
        }
        #expect(compared > 300)
    }

    @Test(arguments: Fixture.all) func `resizes while decoding to the same pixels as after`(fixture: Fixture) throws {
        let bytes = try fixture.bytes()
        for layout in [PixelLayout.luminance, .rgb] {
            let whole = Result { () throws(ImagingError) in
                try ImageDecoder.decode(bytes, as: layout, limits: Self.anySize)
            }
            let resized = Result { () throws(ImagingError) in
                try ImageDecoder.decodeResized(bytes, as: layout, width: 40, height: 33, limits: Self.anySize)
            }
            #expect(resized == whole.map { Resizer.bilinear($0, width: 40, height: 33) })
        }
    }

    private func hexadecimal(_ text: String) -> [UInt8] {
        let digits = text.utf8.map { UInt8($0 > 57 ? $0 - 87 : $0 - 48) }
        return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }
}
