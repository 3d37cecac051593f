import Imaging
import Testing

@Suite struct `The orientation of a JPEG` {
    @Test(arguments: 2...8) func `turns the picture upright`(value: Int) throws {
        let bytes = try Fixture.bytes("malformed/pillow/hopper_orientation_\(value).jpg")
        let info = try ImageDecoder.inspect(bytes)
        #expect(Int(info.orientation.rawValue) == value)
        let turned = try ImageDecoder.decode(bytes, as: .rgb)
        #expect((info.width, info.height) == (turned.width, turned.height))
        #expect((turned.width, turned.height) == (128, 128))
    }

    @Test(arguments: Orientation.allCases) func `puts every pixel in its own place`(orientation: Orientation) throws {
        // A gray JPEG whose orientation is rewritten; all eight show the same set of pixels.
        var bytes = try Fixture.bytes("formats/normal/14_exif_orientation_6.jpg")
        let plain = try decode(&bytes, as: .topLeft)
        let turned = try decode(&bytes, as: orientation)
        let (width, height) = (plain.width, plain.height)
        #expect((turned.width, turned.height) == (orientation.swapsSides ? (height, width) : (width, height)))
        for y in stride(from: 0, to: height, by: 7) {
            for x in stride(from: 0, to: width, by: 5) {
                let (right, bottom) = (width - 1 - x, height - 1 - y)
                let (column, row) =
                    switch orientation {
                    case .topLeft: (x, y)
                    case .topRight: (right, y)
                    case .bottomRight: (right, bottom)
                    case .bottomLeft: (x, bottom)
                    case .leftTop: (y, x)
                    case .rightTop: (bottom, x)
                    case .rightBottom: (bottom, right)
                    case .leftBottom: (y, right)
                    }
                #expect(turned.pixels[row * turned.width + column] == plain.pixels[y * width + x])
            }
        }
    }

    @Test func `is ignored when the EXIF directory is cut, absurd or endless`() throws {
        let bytes = try Fixture.bytes("malformed/derived/jpeg_exif_loop_1.jpg")
        #expect(try ImageDecoder.inspect(bytes).orientation == .topLeft)
        let sound = try Fixture.bytes("formats/normal/14_exif_orientation_6.jpg")
        let tag = try orientationTag(in: sound)
        for value: UInt8 in [0, 9, 255] {
            var changed = sound
            changed[tag + 8] = value
            changed[tag + 9] = value
            #expect(try ImageDecoder.inspect(changed).orientation == .topLeft)
        }
    }

    private func decode(_ bytes: inout [UInt8], as orientation: Orientation) throws -> PixelImage {
        let tag = try orientationTag(in: bytes)
        let isBigEndian = bytes[tag] == 0x01
        bytes[tag + (isBigEndian ? 9 : 8)] = orientation.rawValue
        return try ImageDecoder.decode(bytes, as: .luminance)
    }

    /// Where the directory entry of tag 0x0112, type SHORT, begins.
    private func orientationTag(in bytes: [UInt8]) throws -> Int {
        let entries: [[UInt8]] = [[0x01, 0x12, 0, 3], [0x12, 0x01, 3, 0]]
        return try #require((0..<200).first { entries.contains(Array(bytes[$0..<$0 + 4])) })
    }
}
