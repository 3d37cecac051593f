import Inference
import TestSupport
import Testing

@Suite struct `A damaged model file` {
    private func code(_ archive: [UInt8]) -> InferenceError.Code? {
        do {
            _ = try KerasModel(archive: archive)
            return nil
        } catch { return error.code }
    }

    /// The small model with its members changed.
    private func changed(_ change: (inout ArchiveWriter) throws -> Void) throws -> [UInt8] {
        var writer = ArchiveWriter(try Fixture.bytes(Fixture.small + ".keras"))
        try change(&writer)
        return writer.archive
    }

    @Test func `taken apart and put together opens`() throws { #expect(code(try changed { _ in }) == nil) }

    @Test(arguments: 0..<50) func `is refused when cut short`(place: Int) throws {
        let bytes = try Fixture.bytes(Fixture.small + ".keras")
        #expect(code(Array(bytes.prefix(bytes.count * place / 50))) == .malformedArchive)
    }

    @Test(arguments: 0..<100 as Range<UInt64>)
    func `is refused or computes the same when bits flip`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var bytes = try Fixture.bytes(Fixture.small + ".keras")
        for _ in 0...Int.random(in: 0...2, using: &random) {
            bytes[Int.random(in: 0..<bytes.count, using: &random)] ^= 1 << UInt8.random(in: 0...7, using: &random)
        }
        // The checksums see every change but those of fields without meaning, such as times.
        guard let model = try? KerasModel(archive: bytes) else { return }
        #expect(model.layers == (try Fixture.model(Fixture.small)).layers)
    }

    @Test(arguments: 0..<120 as Range<UInt64>)
    func `never crashes when its weight file is damaged under good checksums`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let archive = try changed { writer in
            var weights = writer["model.weights.h5"]
            for _ in 0..<8 {
                // The structure lies between the data: half of the changes go to the front, which has none.
                let end = Bool.random(using: &random) ? 4096 : weights.count
                weights[Int.random(in: 0..<end, using: &random)] =
                    [0, 0xFF, UInt8.random(in: 0...255, using: &random)][
                        Int.random(in: 0..<3, using: &random)]
            }
            if seed % 5 == 0 { weights.removeLast(Int.random(in: 0..<weights.count, using: &random)) }
            writer["model.weights.h5"] = weights
        }
        guard let model = try? KerasModel(archive: archive) else { return }
        _ = try? InferenceEngine(model: model, threads: 1).run([[Float](repeating: 0.5, count: 96 * 96)])
    }

    @Test(arguments: 0..<120 as Range<UInt64>)
    func `never crashes when its config is damaged under good checksums`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let archive = try changed { writer in
            var config = writer["config.json"]
            for _ in 0..<4 {
                let place = Int.random(in: 0..<config.count, using: &random)
                let digits = Array("0123456789-[]{}\",null".utf8)
                config[place] = digits[Int.random(in: 0..<digits.count, using: &random)]
            }
            writer["config.json"] = config
        }
        guard let model = try? KerasModel(archive: archive) else { return }
        _ = try? InferenceEngine(model: model, threads: 1)
    }

    @Test func `is refused when it would inflate beyond bounds`() throws {
        // 26 MB of zeros in 160 kB, declared as they are; and the same declared as one byte.
        let stream = ArchiveWriter.deflatedZeros(copies: 100_000)
        for (claimed, expected) in [(100_000 * 258 + 1, InferenceError.Code.tooLarge), (1, .malformedArchive)] {
            let bomb = try changed { writer in
                writer.members.removeAll { $0.name == "config.json" }
                writer.members.append(.init(name: "config.json", bytes: [], deflated: (stream, claimed, 0xD202_EF8D)))
            }
            #expect(code(bomb) == expected)
        }
    }

    @Test(arguments: ["metadata.json", "config.json", "model.weights.h5"])
    func `is refused without one of its members`(name: String) throws {
        #expect(code(try changed { $0.members.removeAll { $0.name == name } }) == .malformedArchive)
        #expect(code(try changed { $0.members += $0.members.filter { $0.name == name } }) == .malformedArchive)
    }

    @Test func `is refused when its weight file would be walked for ever`() throws {
        func number(_ value: Int, _ width: Int) -> [UInt8] {
            (0..<width).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
        }
        // A tree of four levels, on each a single node that names the one below it 512 times, over an empty leaf.
        let (header, heap, children) = (96, 136, 512)
        let (trees, treeSize) = (heap + 32, 32 + 16 * children)
        var file: [UInt8] = [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 0, 0, 8, 8, 0]
        file += number(0, 48) + number(header, 8) + number(0, 24)
        file += number(1, 2) + number(1, 2) + number(1, 4) + number(24, 4) + number(0, 4)
        file += number(0x11, 2) + number(16, 2) + number(0, 4) + number(trees, 8) + number(heap, 8)
        file += Array("HEAP".utf8) + number(0, 20) + number(heap, 8)
        for level in (0..<4).reversed() {
            let below = trees + (4 - level) * treeSize
            file += Array("TREE".utf8) + [0, UInt8(level)] + number(children, 2) + number(0, 16)
            for _ in 0..<children { file += number(0, 8) + number(below, 8) }
            file += number(0, 8)
        }
        file += Array("SNOD".utf8) + number(1, 4)
        #expect(code(try changed { $0["model.weights.h5"] = file }) == .tooLarge)
    }

    @Test func `is refused when it is no archive at all`() {
        #expect(code([]) == .malformedArchive)
        #expect(code(Array("hello".utf8)) == .malformedArchive)
        #expect(code([UInt8](repeating: 0, count: 100_000)) == .malformedArchive)
    }

    @Test func `is refused when JSON is nested beyond reason`() throws {
        let deep = Array(String(repeating: "[", count: 100_000).utf8)
        #expect(code(try changed { $0["config.json"] = deep }) == .malformedConfig)
        #expect(code(try changed { $0["metadata.json"] = Array("{}".utf8) }) == .malformedConfig)
    }
}
