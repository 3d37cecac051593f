import Ledger
import Testing

@Suite struct `A published resource` {
    @Test(arguments: [
        (TileResource.checkpoint, "checkpoint"),
        (.hashes(.init(level: 3, index: 1_234_067)), "tile/3/x001/x234/067"),
        (.hashes(.init(level: 0, index: 0, width: 1)), "tile/0/000.p/1"),
        (.entries(.init(level: 0, index: 1_067, width: 17)), "tile/entries/x001/067.p/17"),
        (.entries(.init(level: 0, index: 999)), "tile/entries/999"),
    ]) func `has one path`(resource: TileResource, path: String) {
        #expect(resource.path == path)
        #expect(TileResource(path: path) == resource)
    }

    @Test(arguments: [
        "", "/checkpoint", "checkpoint/", "Checkpoint", "tile", "tile/", "tile/entries", "tile/entries/",
        "tile/entries/0",
        "tile/entries/000.p/0", "tile/entries/000.p/256", "tile/entries/000.p/01", "tile/entries/000.p/",
        "tile/entries/x000",
        "tile/entries/1000", "tile/entries/x000/000", "tile/entries/x1/000", "tile/entries/../000", "tile/entries//000",
        "tile/64/000", "tile/00/000", "tile/0/000/", "tile/0/../../checkpoint", "tile/entries/0\u{301}00",
        "tile/entries/x999/x999/x999/x999/x999/x999/999",
    ]) func `has no other path`(path: String) { #expect(TileResource(path: path) == nil) }

    @Test func `knows its tile, other widths and its bound`() {
        let bundle = TileResource.entries(.init(level: 0, index: 5))
        #expect(bundle.tile == TileCoordinate(level: 0, index: 5))
        #expect(bundle.with(width: 3).path == "tile/entries/005.p/3")
        #expect(bundle.maximumBytes == 256 * 65_537)
        #expect(TileResource.hashes(.init(level: 1, index: 5, width: 2)).maximumBytes == 64)
        #expect(TileResource.checkpoint.tile == nil && TileResource.checkpoint.with(width: 3) == .checkpoint)
    }
}
