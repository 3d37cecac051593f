import CanonicalJSON
import Foundation
import HTTPClient
import Testing

@testable import WebAPI

@Suite(.serialized) struct `Predictions over HTTP` {
    @Test func `are recorded, found, shown, proved and reviewed`() async throws {
        try await RunningService.run { service in
            let clinician = try await service.issue("clinician")
            let picture = try RunningService.picture()
            let made = try await service.upload(form(picture, patient: "P-4711"), to: "/v1/predictions", key: clinician)
            #expect(made.status == 201)
            let prediction = made.json
            let id = try #require(prediction["id"]?.stringValue)
            let index = try #require(prediction["index"]?.integerValue)
            #expect(made.header("Location") == "/v1/predictions/\(id)")
            #expect(prediction["prediction"] == "PNEUMONIA" && prediction["patient"] == "P-4711")
            #expect(prediction["checkpoint"]?.stringValue?.contains("\n") == true)
            #expect(prediction["limits"]?.arrayValue?.isEmpty == false)

            let shown = try await service.get("/v1/predictions/\(id)", key: clinician)
            for name in ["id", "probability", "threshold", "entry_hash", "index", "recorded_at", "patient", "model"] {
                #expect(shown.json[name] == prediction[name], "\(name)")
            }
            let auditor = try await service.issue("auditor")
            let hidden = try await service.get("/v1/predictions/\(id)", key: auditor)
            #expect(hidden.status == 200 && hidden.json["patient"] == nil && hidden.json["file_name"] == nil)

            let image = try await service.get("/v1/predictions/\(id)/image", key: clinician)
            #expect(image.body == picture && image.header("Content-Type") == "image/jpeg")
            #expect(image.header("Cache-Control") == "no-store")

            let proof = try await service.get("/v1/predictions/\(id)/proof", key: clinician)
            #expect(proof.json["verified"] == ["signature": true, "inclusion": true, "checkpoint": true])
            #expect(proof.json["entry_hash"] == prediction["entry_hash"])

            let address = "/v1/predictions/\(id)/review"
            let bare = try await service.post(address, ["verdict": "override", "label": "NORMAL"], key: clinician)
            #expect(bare.status == 400 && bare.code == "review-reason-missing")
            let review: JSONValue = ["verdict": "override", "label": "NORMAL", "reason": "a fold of skin"]
            let reviewed = try await service.post(address, review, key: clinician)
            #expect(reviewed.json["review"]?["verdict"] == "override" && reviewed.json["review"]?["label"] == "NORMAL")
            #expect(reviewed.json["review"]?["reason"] == "a fold of skin")
            let events = reviewed.json["history"]?.arrayValue?.compactMap { $0["type"]?.stringValue }
            #expect(events == ["PredictionRecorded", "PredictionReviewed"])

            let last = try #require(reviewed.json["review"]?["index"]?.integerValue)
            for query in [
                "patient=P-4711", "label=PNEUMONIA", "model=pneumonia_cnn", "reviewed=yes", "from=2020-01-01",
                "limit=1",
            ] {
                let list = try await service.get("/v1/predictions?wait_for=\(last)&\(query)", key: clinician)
                #expect(list.json["predictions"]?.arrayValue?.first?["index"] == .integer(index), "\(query)")
            }
            for query in [
                "patient=P-9", "label=NORMAL", "model=other", "reviewed=no", "to=2020-01-01", "reviewer=nobody",
            ] {
                let list = try await service.get("/v1/predictions?\(query)", key: clinician)
                #expect(list.status == 200 && list.json["predictions"]?.arrayValue?.isEmpty == true, "\(query)")
            }
        }
    }

    @Test(arguments: [[""], ["one", "two"], ["one", "one"], ["one", ""]])
    func `are refused with an Idempotency-Key that is empty, or two`(keys: [String]) async throws {
        try await RunningService.run { service in
            let headers = keys.map { ("Idempotency-Key", $0) }
            for address in ["/v1/predictions", "/predict"] {
                let reply = try await service.upload(form(try RunningService.picture()), to: address, headers: headers)
                #expect(reply.status == 400 && reply.code == "idempotency-key-invalid", "\(reply.text)")
            }
            let list = try await service.get("/v1/predictions")
            #expect(list.json["predictions"]?.arrayValue?.isEmpty == true)
        }
    }

    @Test func `are recorded once for one Idempotency-Key`() async throws {
        try await RunningService.run { service in
            let picture = try RunningService.picture()
            let headers = [("Idempotency-Key", "a-key")]
            let first = try await service.upload(form(picture), to: "/v1/predictions", headers: headers)
            let again = try await service.upload(form(picture), to: "/v1/predictions", headers: headers)
            #expect(first.status == 201 && first.header("Idempotent-Replayed") == nil)
            #expect(again.status == 200 && again.header("Idempotent-Replayed") == "true")
            #expect(again.json["id"] == first.json["id"])
            let other = try RunningService.picture("NORMAL/IM-0189-0001.jpeg")
            let mismatch = try await service.upload(form(other), to: "/v1/predictions", headers: headers)
            #expect(mismatch.status == 422 && mismatch.code == "idempotency-mismatch")
            let list = try await service.get("/v1/predictions")
            #expect(list.json["predictions"]?.arrayValue?.count == 1)
        }
    }

    @Test func `come in pages`() async throws {
        try await RunningService.run { service in
            let picture = try RunningService.picture("NORMAL/IM-0189-0001.jpeg")
            for _ in 0..<3 { try await service.upload(form(picture), to: "/v1/predictions") }
            let first = try await service.get("/v1/predictions?limit=2")
            let next = try #require(first.json["next"]?.stringValue)
            let second = try await service.get("/v1/predictions?limit=2&cursor=\(next)")
            #expect(first.json["predictions"]?.arrayValue?.count == 2)
            #expect(second.json["predictions"]?.arrayValue?.count == 1 && second.json["next"] == nil)
        }
    }

    @Test func `take the picture as it is, with the patient in a header`() async throws {
        try await RunningService.run { service in
            let picture = try RunningService.picture()
            for type in ["image/jpeg", "application/octet-stream", "IMAGE/JPEG; q=1"] {
                let headers = [("Content-Type", type), ("X-Patient-ID", "P-5")]
                let reply = try await service.send(
                    "POST", "/v1/predictions", key: service.key, headers: headers, body: picture)
                #expect(reply.status == 201 && reply.json["patient"] == "P-5")
            }
            let url = try await service.send(
                "POST", "/v1/predictions?patient=P-5", key: service.key, headers: [("Content-Type", "image/jpeg")],
                body: picture)
            #expect(url.status == 400 && url.code == "query-unknown")
        }
    }

    @Test func `say what is wrong with a form`() async throws {
        try await RunningService.run { service in
            let picture = try RunningService.picture()
            var unknown = form(picture)
            unknown.addField("colour", "red")
            var twice = form(picture)
            twice.addFile("file", filename: "b.jpeg", picture)
            var both = form(picture, patient: "P-1")
            both.addField("patient", "P-2")
            for (form, status, code) in [
                (unknown, 400, "form-field-unknown"), (twice, 400, "form-field-repeated"),
                (both, 400, "form-field-repeated"), (form([]), 400, "image-missing"),
                (MultipartUpload(), 400, "image-missing"),
                (form(picture, patient: String(repeating: "x", count: 65)), 400, "field-invalid"),
                (form(picture, patient: "M\u{FFFD}ller"), 400, "field-invalid"),
                (form(Array("GIF89a".utf8)), 415, nil),
            ] {
                let reply = try await service.upload(form, to: "/v1/predictions")
                #expect(reply.status == status && (code == nil || reply.code == code), "\(reply.text)")
            }
            for type in ["text/plain", "application/x-www-form-urlencoded", "multipart/mixed; boundary=x"] {
                let reply = try await service.send(
                    "POST", "/v1/predictions", key: service.key, headers: [("Content-Type", type)], body: picture)
                #expect(reply.status == 415 && reply.code == "content-type-unsupported")
            }
        }
    }

    @Test func `keep the shape of the original service at its address`() async throws {
        try await RunningService.run { service in
            let reply = try await service.upload(form(try RunningService.picture(), field: "file"), to: "/predict")
            #expect(reply.status == 200)
            let members = Set((reply.json.objectValue ?? [:]).keys)
            #expect(
                members == [
                    "prediction", "confidence", "probabilities", "model_version", "processing_time_ms", "timestamp",
                    "metadata",
                ])
            #expect(Set((reply.json["probabilities"]?.objectValue ?? [:]).keys) == ["NORMAL", "PNEUMONIA"])
            #expect(reply.json["prediction"] == "PNEUMONIA" && reply.json["model_version"] == "1")
            let other = try await service.upload(
                form(try RunningService.picture()), to: "/predict?model_version=2")
            #expect(other.status == 422 && other.code == "model-version-inactive")
        }
    }
}
