import Foundation
import Ledger
import Storage
import StorageTestSupport
import Testing

@Suite struct `Every tile target` {
    private let folder: TestFolder

    init() throws { folder = try TestFolder() }

    private func target(_ kind: String) throws -> any TileTarget {
        kind == "folder" ? try TileFolder(folder.path + "/tlog") : MemoryTileTarget()
    }

    private let tile = TileResource.hashes(.init(level: 0, index: 1_067, width: 17))
    private let bundle = TileResource.entries(.init(level: 0, index: 1_067, width: 2))

    @Test(arguments: ["memory", "folder"]) func `gives back what it was given`(kind: String) async throws {
        let target = try target(kind)
        #expect(try await target.get(tile) == nil)
        try await target.put([1, 2, 3], at: tile)
        try await target.put([4], at: bundle)
        try await target.put([1, 2, 3], at: tile)
        #expect(try await target.get(tile) == [1, 2, 3])
        #expect(try await target.get(bundle) == [4])
    }

    @Test(arguments: ["memory", "folder"]) func `puts a damaged file right`(kind: String) async throws {
        let target = try target(kind)
        try await target.put([9, 9], at: tile)
        try await target.put([1, 2, 3], at: tile)
        #expect(try await target.get(tile) == [1, 2, 3])
    }

    @Test(arguments: ["memory", "folder"])
    func `replaces a checkpoint only where the expected one is`(kind: String) async throws {
        let target = try target(kind)
        #expect(try await target.checkpoint() == nil)
        #expect(try await target.replaceCheckpoint("other", with: "first") == nil)
        #expect(try await target.replaceCheckpoint(nil, with: "first") == "first")
        #expect(try await target.replaceCheckpoint(nil, with: "second") == "first")
        #expect(try await target.replaceCheckpoint("first", with: "second") == "second")
        #expect(try await target.checkpoint() == "second")
    }

    @Test(arguments: ["memory", "folder"])
    func `lets one of many replace a checkpoint`(kind: String) async throws {
        let targets = kind == "folder" ? try (0..<8).map { _ in try target(kind) } : [try target(kind)]
        let winners = await withTaskGroup(of: Bool.self) { group in
            for number in 0..<16 {
                let target = targets[number % targets.count]
                group.addTask { (try? await target.replaceCheckpoint(nil, with: "note \(number)")) == "note \(number)" }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(winners == 1)
    }

    @Test(arguments: ["memory", "folder"])
    func `removes the unfinished forms of a full tile and nothing else`(kind: String) async throws {
        let target = try target(kind)
        for width in [17, 200, 256] { try await target.put([UInt8(width - 1)], at: tile.with(width: width)) }
        try await target.put([4], at: bundle)
        try await target.removePartials(of: tile)
        for width in [17, 200] { #expect(try await target.get(tile.with(width: width)) == nil) }
        #expect(try await target.get(tile.with(width: 256)) == [255])
        #expect(try await target.get(bundle) == [4])
        try await target.removePartials(of: tile)
        try await target.put([17], at: tile)
        #expect(try await target.get(tile) == [17])
    }

    @Test(arguments: ["memory", "folder"])
    func `reads a tile or bundle also from the full one`(kind: String) async throws {
        let target = try target(kind)
        let (hashes, entries) = (
            [UInt8](0...255).flatMap { [UInt8](repeating: $0, count: 32) }, (0...255).map { [UInt8($0)] }
        )
        #expect(try await target.hashes(tile.tile!) == nil)
        #expect(try await target.entries(bundle.tile!) == nil)
        try await target.put(hashes, at: tile.with(width: 256))
        try await target.put(EntryBundle.encode(entries), at: bundle.with(width: 256))
        #expect(try await target.hashes(tile.tile!) == Array(hashes.prefix(17 * 32)))
        #expect(try await target.entries(bundle.tile!) == [[0], [1]])
        try await target.put(Array(hashes.dropLast()), at: tile.with(width: 256))
        try await target.put([0, 1], at: bundle.with(width: 256))
        await #expect(throws: StorageError(.corrupt)) { try await target.hashes(tile.tile!) }
        await #expect(throws: StorageError(.corrupt)) { try await target.entries(bundle.tile!) }
    }
}

@Suite struct `A tile folder` {
    private let folder: TestFolder
    private var path: String { folder.path + "/tlog" }
    private let tile = TileResource.hashes(.init(level: 0, index: 0))
    private let bundle = TileResource.entries(.init(level: 0, index: 0))

    init() throws { folder = try TestFolder() }

    private func mode(_ name: String) throws -> Int {
        let attributes = try FileManager.default.attributesOfItem(atPath: path + "/" + name)
        return (attributes[.posixPermissions] as? Int ?? 0) & 0o777
    }

    private func fill(_ target: TileFolder) throws {
        try target.put([1], at: tile)
        try target.put([2], at: bundle)
        _ = try target.replaceCheckpoint(nil, with: "note")
    }

    @Test func `is laid out as C2SP says`() throws {
        try fill(try TileFolder(path))
        #expect(try DurableFile.read(path + "/tile/0/000") == [1])
        #expect(try DurableFile.read(path + "/tile/entries/000") == [2])
        #expect(try DurableFile.read(path + "/checkpoint") == Array("note".utf8))
    }

    @Test func `is its owner's alone`() throws {
        try fill(try TileFolder(path))
        for name in ["", "tile", "tile/0", "tile/entries"] { #expect(try mode(name) == 0o700) }
        for name in ["checkpoint", "tile/0/000", "tile/entries/000"] { #expect(try mode(name) == 0o600) }
    }

    @Test func `that is public shows hashes to everybody and entries to nobody`() throws {
        try fill(try TileFolder(path, isPublic: true))
        for name in ["", "tile", "tile/0"] { #expect(try mode(name) == 0o755) }
        for name in ["checkpoint", "tile/0/000"] { #expect(try mode(name) == 0o644) }
        #expect(try mode("tile/entries") == 0o700 && mode("tile/entries/000") == 0o600)
    }

    @Test func `is opened and closed when the setting changes`() throws {
        try fill(try TileFolder(path))
        _ = try TileFolder(path, isPublic: true)
        #expect(try mode("") == 0o755 && mode("tile/0/000") == 0o644 && mode("tile/entries") == 0o700)
        _ = try TileFolder(path)
        #expect(try mode("") == 0o700)
    }

    @Test func `forgets what a killed process left, once it is old`() throws {
        try fill(try TileFolder(path))
        for (name, age) in [("old", 7_200), ("young", 60)] {
            try DurableFile.write([1], to: path + "/.new/" + name)
            try FileManager.default.setAttributes(
                [.modificationDate: Date(timeIntervalSinceNow: -Double(age))], ofItemAtPath: path + "/.new/" + name)
        }
        _ = try TileFolder(path)
        #expect(try DurableFile.names(in: path + "/.new") == ["young"])
    }

    @Test func `is read without being touched`() throws {
        let source = TileFolder(reading: path)
        #expect(try source.get(.checkpoint) == nil)
        #expect(try DurableFile.names(in: folder.path) == [])
    }

    @Test func `refuses a file that is larger than it can be`() throws {
        let target = try TileFolder(path)
        try fill(target)
        try DurableFile.write([UInt8](repeating: 0, count: 8_193), to: path + "/tile/0/000")
        #expect(throws: StorageError(.incompatible)) { try target.get(tile) }
    }
}
