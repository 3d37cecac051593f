import CSQLite
import CanonicalJSON
import Foundation
import Testing

extension RunningService {
    /// Makes the list of predictions stand at a prediction, by changing the database of the lists for the while.
    ///
    /// - Returns: the index of the event.
    func stopPredictionList() async throws -> JSONValue {
        try await get("/v1/predictions")
        try tamper("CREATE TRIGGER poison BEFORE INSERT ON predictions BEGIN SELECT RAISE(ABORT, 'no'); END")
        try await upload(form(try Self.picture()), to: "/v1/predictions")
        #expect(try await get("/v1/predictions").json["code"] == "projection-stopped")
        try tamper("DROP TRIGGER poison")
        let lists = try await get("/v1/projections").json["lists"]?.arrayValue
        return try #require(lists?.compactMap { $0["stopped"]?["index"] }.first)
    }

    private func tamper(_ sql: String) throws {
        var handle: OpaquePointer?
        defer { sqlite3_close_v2(handle) }
        try #require(sqlite3_open(folder.path + "/cxrledger-views.db", &handle) == SQLITE_OK)
        sqlite3_busy_timeout(handle, 5_000)
        try #require(sqlite3_exec(handle, sql, nil, nil, nil) == SQLITE_OK)
    }
}
