import Imaging
import Testing

@Suite struct `The header of an image` {
    @Test(arguments: [
        ("formats/normal/00_reference_grey8.png", ImageFormat.png, ImageInfo.Colour.gray, 8, false),
        ("formats/normal/01_grey16.png", .png, .gray, 16, false),
        ("formats/normal/03_rgba8_opaque.png", .png, .rgba, 8, false),
        ("formats/normal/05_palette.png", .png, .palette, 8, false),
        ("formats/normal/07_grey.jpg", .jpeg, .gray, 8, false),
        ("formats/normal/08_grey_progressive.jpg", .jpeg, .gray, 8, true),
        ("formats/normal/09_rgb_420.jpg", .jpeg, .ycbcr, 8, false),
    ]) func `says what the file holds`(
        file: String, format: ImageFormat, colour: ImageInfo.Colour, bitDepth: Int, isLayered: Bool
    ) throws {
        let info = try ImageDecoder.inspect(Fixture.bytes(file))
        #expect((info.format, info.colour, info.bitDepth) == (format, colour, bitDepth))
        #expect((info.width, info.height, info.isLayered) == (320, 250, isLayered))
        #expect(info.format.mediaType == (format == .jpeg ? "image/jpeg" : "image/png"))
    }

    @Test func `is enough to refuse a picture beyond the limits`() throws {
        let bytes = try Fixture.bytes("formats/normal/00_reference_grey8.png")
        #expect(throws: ImagingError(.tooLarge)) {
            try ImageDecoder.inspect(bytes, limits: ImageLimits(maximumPixels: 320 * 250 - 1))
        }
        #expect(try ImageDecoder.inspect(bytes, limits: ImageLimits(maximumPixels: 320 * 250)).pixelCount == 80_000)
        #expect(throws: ImagingError(.tooSmall)) {
            try ImageDecoder.inspect(bytes, limits: ImageLimits(minimumSide: 251))
        }
        #expect(try ImageDecoder.inspect(bytes, limits: ImageLimits(minimumSide: 250)).height == 250)
    }

    @Test func `tells the memory that decoding takes`() throws {
        let plain = try ImageDecoder.inspect(Fixture.bytes("formats/normal/07_grey.jpg"))
        let progressive = try ImageDecoder.inspect(Fixture.bytes("formats/normal/08_grey_progressive.jpg"))
        let memory = ImageDecoder.decodingMemory(plain, as: .luminance)
        #expect(memory > 80_000)
        #expect(ImageDecoder.decodingMemory(plain, as: .rgb) == memory + 160_000)
        #expect(ImageDecoder.decodingMemory(progressive, as: .luminance) >= memory + 160_000, "coefficients are 16-bit")
    }

    @Test(arguments: ImagingError.Code.allCases) func `when refused is described`(code: ImagingError.Code) {
        let description = ImagingError(code).description
        #expect(description.first?.isUppercase == true && description.last == ".")
    }
}
