import CanonicalJSON
import Service
import Testing

@testable import cxrledger

@Suite struct `A JSON document` {
    static let prediction = """
        {"id":"0199b1c2-7d3e-7a10-9c55-0123456789ab","prediction":"PNEUMONIA","probability":0.98666966,"threshold":0.5,
        "confidence":0.98666966,"probabilities":{"NORMAL":0.01333034,"PNEUMONIA":0.98666966},"scores":[0.98666966],"model":{"name":"m","version":"1","digest":"aa"},
        "preprocessing":{"id":"gray","sha256":"bb"},"subject":"s_1","patient":"P-123",
        "image":{"format":"jpeg","width":2,"height":3,"bytes":4,"digest":"cc"},"index":42,"entry_hash":"dd",
        "event_id":"e","recorded_at":"2026-11-23T22:48:00.123456Z","occurred_at":"2026-11-23T22:48:00.123456Z",
        "actor":"os:me","cached":false,"duration_ms":31,"review":null}
        """

    static func view() throws -> PredictionView { try JSONDocument.value(from: Array(prediction.utf8)) }

    @Test func `has the names of the HTTP interface, both ways`() throws {
        let view = try Self.view()
        #expect(view.entryHash == "dd" && view.image.width == 2 && view.probability == 0.98666966)
        let text = try JSONDocument.text(of: view)
        #expect(text.contains(#""entry_hash" : "dd""#) && text.contains(#""probability" : 0.98666966"#))
        #expect(try JSONDocument.value(PredictionView.self, from: Array(text.utf8)) == view)
    }

    @Test func `of several pictures names the file of each, and why others were refused`() throws {
        let batch = PredictionBatch([
            .init(file: "a.png", result: .success(try Self.view())),
            .init(file: "b.png", result: .failure(Failure("image-truncated", "The image file is incomplete."))),
        ])
        let json = try JSONValue.parseRelaxed(Array(try JSONDocument.text(of: batch).utf8))
        let first = try #require(json["predictions"]?.arrayValue?.first)
        #expect(first["file"]?.stringValue == "a.png" && first["index"]?.integerValue == 42)
        let refused = try #require(json["refused"]?.arrayValue?.first)
        #expect(refused["code"]?.stringValue == "image-truncated")
    }

    @Test func `keeps the names of an event's own members`() throws {
        let value = try JSONValue.parse(Array(#"{"entryHash":1,"outcome_reason":[true,null,"x"]}"#.utf8))
        let text = try JSONDocument.text(of: EventLine(index: 1, entryHash: "aa", envelope: value))
        let line = try JSONDocument.value(EventLine.self, from: Array(text.utf8))
        #expect(line.envelope == value)
        #expect(text.contains("entry_hash") && text.contains("entryHash"))
    }

    @Test(arguments: ["", "[", "{}", "{\"index\":-1}"]) func `of another shape is refused`(text: String) {
        #expect(throws: (any Error).self) { try JSONDocument.value(EventLine.self, from: Array(text.utf8)) }
    }
}
