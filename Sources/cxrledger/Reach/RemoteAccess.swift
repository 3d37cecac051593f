import CanonicalJSON
import HTTPClient
import Service

/// The ledger by a service's HTTP interface; the actor is the credential whose key is sent.
struct RemoteAccess: LedgerAccess {
    /// Every answer is waited for, so this is also how many connections there are.
    let width = 8
    let bodyLimit = 1 << 30
    let service: RemoteService

    init(_ server: String, key: String?, console: Console) throws(Failure) {
        service = try RemoteService(server, key: key)
        if service.sendsKeyInClear {
            console.note("note: the key goes over an unencrypted connection to another machine.")
        }
    }

    func predict(_ request: PredictionRequest) async throws -> PredictionView {
        var form = MultipartUpload()
        form.addFile("image", filename: request.fileName ?? "image", request.image)
        if let patient = request.patient { form.addField("patient", patient) }
        return try await service.upload(form, to: "/v1/predictions")
    }

    func predictions(_ filter: PredictionFilter) async throws -> PredictionPage {
        try await service.get(
            "/v1/predictions",
            [
                ("from", filter.from), ("to", filter.to), ("label", filter.label),
                ("model", filter.model), ("reviewer", filter.reviewer),
                ("reviewed", filter.isReviewed.map { $0 ? "yes" : "no" }), ("limit", String(filter.limit)),
                ("cursor", filter.cursor), ("wait_for", filter.waitForIndex.map(String.init)),
            ],
            // Not in the address, which proxies write into their logs.
            headers: filter.patient.map { [("X-Patient-ID", $0)] } ?? [])
    }

    func prediction(_ id: String) async throws -> PredictionView {
        try await service.get("/v1/predictions/\(PercentEncoding.encode(id))")
    }

    func passport(of id: String, withImage: Bool) async throws -> [UInt8] {
        try await service.bytes(
            "/v1/predictions/\(PercentEncoding.encode(id))/passport", [("image", withImage ? "true" : nil)])
    }

    func reproduce(_ id: String) async throws -> ReproductionView {
        try await service.post("/v1/predictions/\(PercentEncoding.encode(id))/reproduce", [String: String]())
    }

    func review(_ id: String, _ review: ReviewRequest) async throws -> PredictionView {
        try await service.post("/v1/predictions/\(PercentEncoding.encode(id))/review", review)
    }

    func events(since: UInt64, limit: Int) async throws -> EventPage {
        try await service.get("/v1/events", [("since", String(since)), ("limit", String(limit))])
    }

    func event(_ key: String) async throws -> EventDetail {
        try await service.get("/v1/events/\(PercentEncoding.encode(key))")
    }

    func checkpoint() async throws -> String { try await service.text("/v1/log/checkpoint") }

    func witnessedCheckpoint() async throws -> String { try await service.text("/v1/log/witnessed") }

    func verifierKey() async throws -> String { try await service.text("/v1/log/vkey") }

    func inclusion(of entry: String, size: UInt64?) async throws -> InclusionView {
        try await service.get(
            "/v1/log/proof/inclusion", [("entry", entry), ("size", size.map { String($0) })])
    }

    func consistency(from: UInt64, to: UInt64?) async throws -> ConsistencyView {
        try await service.get(
            "/v1/log/proof/consistency", [("from", String(from)), ("to", to.map { String($0) })])
    }

    func timeline(_ filter: TimelineFilter) async throws -> TimelinePage {
        try await service.get(
            "/v1/timeline",
            [
                ("from", filter.from), ("to", filter.to), ("actor", filter.actor), ("credential", filter.credential),
                ("address", filter.address), ("type", filter.type), ("stream", filter.stream), ("model", filter.model),
                ("outcome", filter.outcome), ("limit", String(filter.limit)), ("cursor", filter.cursor),
            ])
    }

    func models() async throws -> ModelList { try await service.get("/v1/models") }

    func model(_ key: String) async throws -> ModelDetail {
        try await service.get("/v1/models/\(PercentEncoding.encode(key))")
    }

    func verifyModels() async throws -> ModelVerification {
        try await service.post("/v1/models/verify", [String: String]())
    }

    func register(_ model: ModelUpload) async throws -> ModelView {
        var form = MultipartUpload()
        form.addFile("model", filename: model.name, model.archive)
        if let card = model.card {
            form.addFile("card", filename: "card.json", contentType: "application/json", card)
        }
        return try await service.upload(form, to: "/v1/models")
    }

    func change(_ change: ModelChange) async throws -> ModelView {
        switch change {
        case .activate(let model, let reason):
            try await service.post("/v1/models/\(PercentEncoding.encode(model))/activate", ["reason": reason])
        case .rollBack(let reason): try await service.post("/v1/models/rollback", ["reason": reason])
        case .retire(let model, let reason):
            try await service.post("/v1/models/\(PercentEncoding.encode(model))/retire", ["reason": reason])
        case .threshold(let model, let value, let reason):
            try await service.post(
                "/v1/models/\(PercentEncoding.encode(model))/threshold", ["threshold": value, "reason": reason])
        }
    }

    func credentials() async throws -> [CredentialView] {
        struct List: Decodable { let credentials: [CredentialView] }
        let list: List = try await service.get("/v1/credentials")
        return list.credentials
    }

    func issue(role: String, name: String) async throws -> IssuedCredential {
        try await service.post("/v1/credentials", ["role": role, "name": name])
    }

    func rotate(_ id: String) async throws -> IssuedCredential {
        try await service.post("/v1/credentials/\(PercentEncoding.encode(id))/rotate", [String: String]())
    }

    func revoke(_ id: String, reason: String) async throws {
        let path = "/v1/credentials/\(PercentEncoding.encode(id))/revoke"
        _ = try await service.send("POST", path, json: ["reason": reason])
    }

    func keys() async throws -> KeyList { try await service.get("/v1/keys") }

    func requestKeys(_ purposes: Set<String>, on token: String?) async throws -> String {
        let request: JSONValue = try await service.post("/v1/keys/request", NewKeys(purposes, token))
        return String(decoding: request.canonicalBytes(), as: UTF8.self)
    }

    func rotateKeys(_ rotation: KeyRotation) async throws -> KeyList {
        guard rotation.rootFile == nil, rotation.rootPassphraseFile == nil else {
            throw Failure.usage("A root key does not go over --server; use `keys request` and `keys certify`.")
        }
        return try await service.post("/v1/keys/rotate", NewKeys(rotation))
    }

    func lists() async throws -> ListStandings { try await service.get("/v1/projections") }

    func skip(_ index: UInt64, of list: String, reason: String) async throws -> ListStandings {
        try await service.post(
            "/v1/projections/\(PercentEncoding.encode(list))/skips", ["index": String(index), "reason": reason])
    }

    func retireKey(_ id: String, reason: String) async throws -> KeyList {
        try await service.post("/v1/keys/\(PercentEncoding.encode(id))/retire", ["reason": reason])
    }

    func reportCompromised(_ id: String, from index: UInt64, reason: String) async throws -> KeyList {
        try await service.post(
            "/v1/keys/\(PercentEncoding.encode(id))/compromised", ["from": String(index), "reason": reason])
    }

    func backup(to folder: String?) async throws -> BackupView {
        guard folder == nil else {
            throw Failure.usage("Over --server the service says where backups go: leave out --out.")
        }
        return try await service.post("/v1/backups", [String: String]())
    }

    /// The service answers 503 when it is not well, with the same document.
    func health(_ check: HealthCheck) async throws -> HealthView {
        try await service.get("/health", isAnyStatusRead: true)
    }
}

/// Which keys a service is asked to make, or to put into the log.
private struct NewKeys: Encodable {
    let purpose: String?
    let token: String?
    var reason: String?
    var certificates: String?

    init(_ purposes: Set<String>, _ token: String?) {
        (purpose, self.token) = (purposes.count == 1 ? purposes.first : nil, token)
    }

    init(_ rotation: KeyRotation) {
        self.init(rotation.purposes, rotation.token)
        (reason, certificates) = (rotation.reason, rotation.certificates)
    }
}
