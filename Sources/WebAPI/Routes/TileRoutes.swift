import HTTPServer
import Ledger
import Records
import Service

/// The log as C2SP tlog-tiles lays it out: any client of such logs can read `/tlog`.
///
/// Tiles are cut from the store, not read from what was published, so that every size that was released can be had.
enum TileRoutes {
    static let all: [Route] = [
        Route(
            method: .get, pattern: "/tlog/checkpoint", operation: "getPublishedCheckpoint",
            summary: "Gives the last published checkpoint, with the signatures of witnesses.",
            answers: [.media(200, "text/plain", "A C2SP signed note.")], door: .either(.logRead, checkpoint)),
        Route(
            method: .get, pattern: "/tlog/tile/{level}/{path...}", operation: "getTile",
            summary: "Gives a tile of hashes; its number is spelled as C2SP tlog-tiles says, such as `x001/067.p/17`.",
            answers: [.media(200, "application/octet-stream", "Up to 256 hashes of 32 bytes.")],
            door: .either(.logRead, hashes)),
        Route(
            method: .get, pattern: "/tlog/tile/entries/{path...}", operation: "getEntryBundle",
            summary: "Gives the entries of a tile of level 0, spelled as the tile is.",
            answers: [
                .media(200, "application/octet-stream", "Up to 256 entries, each behind its length in two bytes.")
            ], door: .key(.eventRead, entries)),
    ]

    @Sendable static func checkpoint(_ call: Call, _ caller: Caller?) async throws(ServiceError) -> HTTPResponse {
        let note = try await call.application.publishedCheckpoint(caller?.context)
        return answer(.checkpoint, Array(note.utf8), isPublic: call.application.settings.isTlogPublic)
    }

    @Sendable static func hashes(_ call: Call, _ caller: Caller?) async throws(ServiceError) -> HTTPResponse {
        let path = "tile/\(call.place("level"))/\(call.place("path"))"
        let (resource, bytes) = try await call.application.tile(at: path, caller?.context)
        return answer(resource, bytes, isPublic: call.application.settings.isTlogPublic)
    }

    @Sendable static func entries(_ call: Call, _ caller: Caller) async throws(ServiceError) -> HTTPResponse {
        let path = "tile/entries/\(call.place("path"))"
        let (resource, bytes) = try await call.application.bundle(at: path, caller.context)
        return answer(resource, bytes, isPublic: false)
    }

    private static func answer(_ resource: TileResource, _ bytes: [UInt8], isPublic: Bool) -> HTTPResponse {
        HTTPResponse(
            status: 200,
            headers: ["Content-Type": resource.mediaType, "Cache-Control": resource.caching(isPublic: isPublic)],
            body: .bytes(bytes))
    }
}
