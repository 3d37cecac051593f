import HTTPServer
import Records
import Service

/// The registry of models.
enum ModelRoutes {
    private static let changed = Route.Answer.json(200, "Model", "The model as it is now.")

    static let all: [Route] = [
        Route(
            method: .get, pattern: "/v1/models", operation: "listModels", summary: "Lists the registered models.",
            answers: [.json(200, "ModelList", "The models, and which one is active.")], door: .key(.modelRead, list)),
        Route(
            method: .post, pattern: "/v1/models", operation: "registerModel",
            summary: "Enters a model file into the registry.",
            content: .upload(form: "ModelForm", isRawAllowed: false),
            answers: [.json(201, "Model", "The model.")], problems: [409, 422], door: .key(.modelRegister, register)),
        Route(
            method: .post, pattern: "/v1/models/rollback", operation: "rollBackModel",
            summary: "Lets the model answer that answered before.",
            content: .json(schema: "Reason", isRequired: false), answers: [changed], problems: [409],
            door: .key(.modelActivate, rollBack)),
        Route(
            method: .post, pattern: "/v1/models/verify", operation: "verifyModels",
            summary: "Checks the kept model files against their digests; a difference is recorded.",
            answers: [.json(200, "ModelVerification", "What was found.")], door: .key(.modelRead, verify)),
        Route(
            method: .get, pattern: "/v1/models/{digest}", operation: "getModel",
            summary: "Shows a model and its layers, by its digest, six digits or more of it, its name or its version.",
            answers: [.json(200, "ModelDetail", "The model.")], problems: [409], door: .key(.modelRead, show)),
        Route(
            method: .post, pattern: "/v1/models/{digest}/activate", operation: "activateModel",
            summary: "Lets a registered model answer from now on.",
            content: .json(schema: "Reason", isRequired: false), answers: [changed], problems: [409],
            door: .key(.modelActivate, activate)),
        Route(
            method: .post, pattern: "/v1/models/{digest}/retire", operation: "retireModel",
            summary: "Ends a model's right to be activated.",
            content: .json(schema: "Reason", isRequired: false), answers: [changed], problems: [409],
            door: .key(.modelActivate, retire)),
        Route(
            method: .post, pattern: "/v1/models/{digest}/threshold", operation: "changeThreshold",
            summary: "Changes the probability above which a model says PNEUMONIA.",
            content: .json(schema: "Threshold", isRequired: true), answers: [changed], problems: [409],
            door: .key(.thresholdChange, changeThreshold)),
    ]

    @Sendable static func list(_ call: Call, _ caller: Caller) async throws(ServiceError) -> HTTPResponse {
        try .json(try await call.application.models(caller.context))
    }

    @Sendable static func verify(_ call: Call, _ caller: Caller) async throws(ServiceError) -> HTTPResponse {
        try .json(try await call.application.verifyModels(caller.context))
    }

    @Sendable static func show(_ call: Call, _ caller: Caller) async throws(ServiceError) -> HTTPResponse {
        try .json(try await call.application.model(call.place("digest"), caller.context))
    }

    @Sendable static func register(_ call: Call, _ caller: Caller) async throws(ServiceError) -> HTTPResponse {
        let form = try UploadForm(call.request, known: ["model", "card"])
        guard let model = try form.file("model") else {
            throw ServiceError(.invalid, "model-missing", "The form needs the .keras file in the field `model`.")
        }
        let card = try form.file("card").map { Array($0.body) }
        let view = try await call.application.register(
            archive: Array(model.body), card: card, fileName: model.filename ?? "model.keras", caller.context)
        return try .json(view, status: 201)
    }

    @Sendable static func activate(_ call: Call, _ caller: Caller) async throws(ServiceError) -> HTTPResponse {
        try .json(try await call.application.activate(call.place("digest"), reason: try reason(call), caller.context))
    }

    @Sendable static func rollBack(_ call: Call, _ caller: Caller) async throws(ServiceError) -> HTTPResponse {
        try .json(try await call.application.rollBack(reason: try reason(call), caller.context))
    }

    @Sendable static func retire(_ call: Call, _ caller: Caller) async throws(ServiceError) -> HTTPResponse {
        try .json(try await call.application.retire(call.place("digest"), reason: try reason(call), caller.context))
    }

    @Sendable static func changeThreshold(_ call: Call, _ caller: Caller) async throws(ServiceError) -> HTTPResponse {
        let fields = try JSONFields(call.request, known: ["threshold", "reason"])
        let view = try await call.application.changeThreshold(
            of: call.place("digest"), to: try fields.decimal("threshold"), reason: try fields.text("reason") ?? "",
            caller.context)
        return try .json(view)
    }

    private static func reason(_ call: Call) throws(ServiceError) -> String {
        try JSONFields(call.request, known: ["reason"]).text("reason") ?? ""
    }
}
