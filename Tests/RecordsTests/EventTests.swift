import CanonicalJSON
import Foundation
import Testing

@testable import Records

@Suite struct `Stored events` {
    @Test func `cover every type of the vocabulary once`() {
        #expect(examples.map(\.type) == EventType.allCases)
    }

    @Test(arguments: examples) func `read back as they were written`(event: Event) throws {
        let bytes = event.payload.canonicalBytes()
        let read = try Event(type: event.type.rawValue, schema: 1, payload: JSONValue.parse(bytes))
        #expect(read == event)
        let fact = try StoredFact(type: event.type.rawValue, schema: 1, canonical: bytes[...])
        #expect(fact == .known(event))
    }

    @Test func `have the frozen bytes of the fixture`() throws {
        let path = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/payloads.txt")
        let lines = examples.map { event in
            "\(event.type.rawValue) \(String(decoding: event.payload.canonicalBytes(), as: UTF8.self))"
        }
        let frozen = try String(contentsOf: path, encoding: .utf8)
        #expect(
            lines.joined(separator: "\n") + "\n" == frozen, "stored bytes never change: add a schema version instead")
    }

    @Test func `of an unknown type are refused on write and survive on read`() throws {
        let payload: JSONValue = ["colour": "blue"]
        #expect(throws: RecordError.unknownType("Repainted")) {
            try Event(type: "Repainted", schema: 1, payload: payload)
        }
        let fact = try StoredFact(type: "Repainted", schema: 3, payload: payload)
        #expect(fact == .unknown(type: "Repainted", schema: 3, payload: payload))
    }

    @Test func `of a newer schema survive on read`() throws {
        let fact = try StoredFact(type: "Logout", schema: 9, payload: ["credential": "c1"])
        #expect(fact == .unknown(type: "Logout", schema: 9, payload: ["credential": "c1"]))
    }

    @Test func `with a missing or mistyped field name the field`() {
        #expect(throws: RecordError.malformed(type: "Logout", field: "credential")) {
            try Event(type: "Logout", schema: 1, payload: [:])
        }
        #expect(throws: RecordError.malformed(type: "ServiceStarted", field: "clock.max_error_us")) {
            var fields = examples[0].payload.objectValue ?? [:]
            fields["clock"] = ["max_error_us": "soon", "source": "kernel", "synchronised": true]
            return try Event(type: "ServiceStarted", schema: 1, payload: .object(fields))
        }
    }

    @Test func `of predictions are read from bytes as Decoder reads their value, whatever is missing or mistyped`()
        throws
    {
        func without(_ path: ArraySlice<String>, in value: JSONValue, _ replacement: JSONValue?) -> JSONValue {
            guard let name = path.first, var fields = value.objectValue else { return value }
            let rest = path.dropFirst()
            fields[name] = rest.isEmpty ? replacement : fields[name].map { without(rest, in: $0, replacement) }
            return .object(fields)
        }
        func outcome(_ read: () throws(RecordError) -> StoredFact) -> Result<StoredFact, RecordError> {
            do throws(RecordError) { return .success(try read()) } catch { return .failure(error) }
        }
        let payload = Event.predictionRecorded(prediction("p1")).payload
        var paths: [[String]] = []
        for (name, value) in try #require(payload.objectValue) {
            paths.append([name])
            paths += (value.objectValue ?? [:]).map { [name, $0.key] }
        }
        #expect(paths.count == 27)
        for path in paths + [["0"], ["zz"], ["model", "more"]] {
            for replacement in [nil, .null, 7, "text", "\n", true, [1], ["text"], [:]] as [JSONValue?] {
                let changed = without(path[...], in: payload, replacement)
                for schema in [1, 2] {
                    #expect(
                        outcome { () throws(RecordError) in
                            try StoredFact(
                                type: "PredictionRecorded", schema: schema, canonical: changed.canonicalBytes()[...])
                        }
                            == outcome { () throws(RecordError) in
                                try StoredFact(type: "PredictionRecorded", schema: schema, payload: changed)
                            })
                }
            }
        }
        #expect(PredictionRecorded.read(canonical: payload.canonicalBytes()[...]) == prediction("p1"))
        #expect(PredictionRecorded.read(canonical: payload.canonicalBytes()[1...]) == nil)
    }

    @Test func `are lifted through every step from their schema on`() throws {
        let steps: [Upcasters.Step] = [("b", 1), ("c", 2)].map { (name: String, number: JSONValue) in
            { value in
                var fields = value.objectValue ?? [:]
                fields[name] = number
                return .object(fields)
            }
        }
        let lifted = try Upcasters.lift(["a": 0], of: .logout, from: 1, to: 3, by: steps)
        #expect(lifted == ["a": 0, "b": 1, "c": 2])
        #expect(try Upcasters.lift(["a": 0], of: .logout, from: 2, to: 3, by: steps) == ["a": 0, "c": 2])
        #expect(throws: RecordError.unknownSchema(type: "Logout", schema: 4)) {
            try Upcasters.lift([:], of: .logout, from: 4, to: 3, by: steps)
        }
    }
}
