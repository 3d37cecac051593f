import HTTPServer
import Records
import Service

/// Predictions: making, finding, showing, proving and reviewing them.
enum PredictionRoutes {
    static let all: [Route] = [
        Route(
            method: .post, pattern: "/v1/predictions", operation: "createPrediction",
            summary: "Judges a chest X-ray and records the prediction before it answers.",
            headers: [
                .init(name: "Idempotency-Key", summary: "The same key with the same picture is recorded once."),
                .init(name: PredictionRequest.patientHeader, summary: "The patient's id, when no form field names it."),
            ],
            content: .upload(form: "PredictionForm", isRawAllowed: true),
            answers: [
                .json(201, "Prediction", "The prediction, recorded and provable."),
                .json(200, "Prediction", "This Idempotency-Key had recorded it before."),
            ],
            problems: [422], door: .key(.predictionCreate, create)),
        Route(
            method: .post, pattern: "/predict", operation: "predict",
            summary: "The same, answered in the shape of the original service.",
            query: [QueryField("model_version", "Refuse unless this version is the active one.")],
            headers: [.init(name: "Idempotency-Key", summary: "The same key with the same picture is recorded once.")],
            content: .upload(form: "PredictionForm", isRawAllowed: true),
            answers: [.json(200, "OperatorPrediction", "The prediction, recorded and provable.")],
            problems: [422], door: .key(.predictionCreate, predict)),
        Route(
            method: .get, pattern: "/v1/predictions", operation: "listPredictions",
            summary: "Finds predictions, newest first.",
            query: [
                QueryField("patient", "Only of this patient; in the header it stays out of the logs of proxies."),
                .from, .to, QueryField("label", "Only of this class."),
                QueryField("model", "A model's name, version, or the beginning of its digest."),
                QueryField("reviewer", "Only those whose last review is this credential's."),
                QueryField("reviewed", "`yes` or `no`."), .limit(500), .cursor,
                QueryField("wait_for", .integer, "Answer once the list has seen the event with this index."),
            ],
            headers: [.init(name: PredictionRequest.patientHeader, summary: "Only of this patient.")],
            answers: [.json(200, "PredictionPage", "A page of predictions.")], problems: [404],
            door: .key(.predictionSearch, list)),
        Route(
            method: .get, pattern: "/v1/predictions/{id}", operation: "getPrediction",
            summary: "Shows a prediction with its reviews and history.",
            answers: [.json(200, "Prediction", "The prediction.")], door: .key(.predictionRead, show)),
        Route(
            method: .get, pattern: "/v1/predictions/{id}/image", operation: "getPredictionImage",
            summary: "Opens the sealed picture.",
            answers: [.media(200, "image/*", "The picture, byte for byte as it was sent.")],
            door: .key(.imageRead, image)),
        Route(
            method: .get, pattern: "/v1/predictions/{id}/proof", operation: "getPredictionProof",
            summary: "Gives what is needed to verify the prediction without this service.",
            answers: [.json(200, "Proof", "The stored entry and its inclusion proof.")],
            door: .key(.predictionRead, proof)),
        Route(
            method: .get, pattern: "/v1/predictions/{id}/passport", operation: "getPredictionPassport",
            summary: "Gives one file that proves the prediction by itself.",
            query: [QueryField("image", "`true` puts the picture in, for those who may see it.")],
            answers: [.media(200, "application/json", "A passport, as docs/formats.md describes it.")],
            door: .key(.predictionRead, passport)),
        Route(
            method: .post, pattern: "/v1/predictions/{id}/review", operation: "reviewPrediction",
            summary: "Records that a person agrees with a prediction or overrides it.",
            content: .json(schema: "Review", isRequired: true),
            answers: [.json(200, "Prediction", "The prediction with its reviews.")],
            door: .key(.predictionReview, review)),
        Route(
            method: .post, pattern: "/v1/predictions/{id}/reproduce", operation: "reproducePrediction",
            summary: "Computes a prediction again from its sealed picture and its model, and compares the bits.",
            answers: [.json(200, "Reproduction", "Both results.")],
            door: .key(.predictionReproduce, reproduce)),
    ]

    @Sendable static func create(_ call: Call, _ caller: Caller) async throws(ServiceError) -> HTTPResponse {
        let answer = try await call.application.predict(try PredictionRequest(call.request), caller.context)
        var response = try HTTPResponse.json(answer.view, status: answer.isRepetition ? 200 : 201)
        response.headers["Location"] = "/v1/predictions/\(answer.view.id)"
        if answer.isRepetition { response.headers["Idempotent-Replayed"] = "true" }
        return response
    }

    @Sendable static func predict(_ call: Call, _ caller: Caller) async throws(ServiceError) -> HTTPResponse {
        if let wanted = call.query("model_version") {
            let active = try await call.application.models(caller.context).models.first { $0.state == "active" }
            guard active?.version == wanted else {
                throw ServiceError(
                    .unprocessable, "model-version-inactive", "Another version is active; leave out `model_version`.")
            }
        }
        let answer = try await call.application.predict(try PredictionRequest(call.request), caller.context)
        return try .json(OperatorPrediction(answer.view))
    }

    @Sendable static func list(_ call: Call, _ caller: Caller) async throws(ServiceError) -> HTTPResponse {
        var filter = PredictionFilter()
        filter.patient = call.query("patient") ?? call.request.headers[PredictionRequest.patientHeader]
        (filter.from, filter.to) = (call.query("from"), call.query("to"))
        (filter.label, filter.model, filter.reviewer) = (
            call.query("label"), call.query("model"), call.query("reviewer")
        )
        (filter.cursor, filter.limit) = (call.query("cursor"), try call.limit(filter.limit))
        filter.waitForIndex = try call.number("wait_for")
        switch call.query("reviewed") {
        case nil: filter.isReviewed = nil
        case "yes": filter.isReviewed = true
        case "no": filter.isReviewed = false
        default: throw ServiceError(.invalid, "query-invalid", "`reviewed` is yes or no.")
        }
        let page = try await call.application.predictions(filter, caller.context)
        return try .json(page, behind: page.lag)
    }

    @Sendable static func show(_ call: Call, _ caller: Caller) async throws(ServiceError) -> HTTPResponse {
        try .json(try await call.application.prediction(call.place("id"), caller.context))
    }

    @Sendable static func image(_ call: Call, _ caller: Caller) async throws(ServiceError) -> HTTPResponse {
        let (bytes, mediaType) = try await call.application.image(of: call.place("id"), caller.context)
        let headers: HTTPHeaders = [
            "Content-Type": mediaType, "Content-Security-Policy": "default-src 'none'; sandbox",
        ]
        return HTTPResponse(status: 200, headers: headers, body: .bytes(bytes))
    }

    @Sendable static func proof(_ call: Call, _ caller: Caller) async throws(ServiceError) -> HTTPResponse {
        try .json(try await call.application.proof(of: call.place("id"), caller.context))
    }

    @Sendable static func passport(_ call: Call, _ caller: Caller) async throws(ServiceError) -> HTTPResponse {
        let withImage: Bool
        switch call.query("image") {
        case nil, "false": withImage = false
        case "true": withImage = true
        default: throw ServiceError(.invalid, "query-invalid", "`image` is true or false.")
        }
        var response = HTTPResponse.json(
            bytes: try await call.application.passport(of: call.place("id"), withImage: withImage, caller.context))
        response.headers["Content-Disposition"] = "attachment; filename=\"passport.json\""
        return response
    }

    @Sendable static func reproduce(_ call: Call, _ caller: Caller) async throws(ServiceError) -> HTTPResponse {
        try .json(try await call.application.reproduce(call.place("id"), caller.context))
    }

    @Sendable static func review(_ call: Call, _ caller: Caller) async throws(ServiceError) -> HTTPResponse {
        let fields = try JSONFields(call.request, known: ["verdict", "label", "reason"])
        guard let verdict = ReviewVerdict(rawValue: try fields.required("verdict")) else {
            throw ServiceError(.invalid, "verdict-unknown", "`verdict` is agree or override.")
        }
        let view = try await call.application.review(
            call.place("id"), verdict: verdict, label: try fields.text("label"), reason: try fields.text("reason"),
            caller.context)
        return try .json(view)
    }
}
