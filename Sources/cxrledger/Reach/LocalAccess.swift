import CanonicalJSON
import Crypto
import Glibc
import Records
import Service
import Storage

/// The ledger by its own store; the actor is the operating system's user.
struct LocalAccess: LedgerAccess {
    let application: Application
    let context: RequestContext

    init(application: Application) {
        self.application = application
        context = Self.context()
    }

    /// The operating system's user, as the actor of one command.
    static func context() -> RequestContext {
        RequestContext(.operatingSystem(user: user), from: .init(correlation: Identifiers.uuid(at: SystemClock.now())))
    }

    var width: Int { min(64, max(application.settings.workers, application.settings.batchSize)) }
    var bodyLimit: Int { application.settings.bodyLimit }

    /// The name that the password database has for the effective user, or the number.
    private static var user: String {
        guard let entry = unsafe getpwuid(geteuid()), let name = unsafe entry.pointee.pw_name else {
            return "\(geteuid())"
        }
        return unsafe String(cString: name)
    }

    /// Lets the model at MODEL_PATH answer when none is active yet, as the first start of the service does.
    func prepareModel() async throws {
        guard try await application.models(context).active == nil else { return }
        try await application.seedModel(context)
    }

    func predict(_ request: PredictionRequest) async throws -> PredictionView {
        try await application.predict(request, context).view
    }

    func predictions(_ filter: PredictionFilter) async throws -> PredictionPage {
        try await application.predictions(filter, context)
    }

    func prediction(_ id: String) async throws -> PredictionView { try await application.prediction(id, context) }

    func passport(of id: String, withImage: Bool) async throws -> [UInt8] {
        try await application.passport(of: id, withImage: withImage, context)
    }

    func reproduce(_ id: String) async throws -> ReproductionView { try await application.reproduce(id, context) }

    func review(_ id: String, _ review: ReviewRequest) async throws -> PredictionView {
        let verdict: ReviewVerdict = review.verdict == "agree" ? .agree : .override
        return try await application.review(id, verdict: verdict, label: review.label, reason: review.reason, context)
    }

    func events(since: UInt64, limit: Int) async throws -> EventPage {
        let page = try await application.events(since: since, limit: limit, context)
        let lines = try page.events.map {
            EventLine(
                index: $0.index, entryHash: $0.entryHash.hex, envelope: try JSONValue.parse(Array($0.envelopeBytes)))
        }
        return EventPage(events: lines, last: page.last, done: page.isDone)
    }

    func event(_ key: String) async throws -> EventDetail {
        let (event, proof) = try await application.event(key, context)
        return EventDetail(
            index: event.index, entryHash: event.entryHash.hex,
            envelope: try JSONValue.parse(Array(event.envelopeBytes)), proof: proof)
    }

    func checkpoint() async throws -> String { try await application.checkpoint(context) }

    func witnessedCheckpoint() async throws -> String { try await application.witnessedCheckpoint(context) }

    func verifierKey() async throws -> String { try await application.verifierKey(context) }

    func inclusion(of entry: String, size: UInt64?) async throws -> InclusionView {
        try await application.inclusion(of: entry, size: size, context)
    }

    func consistency(from: UInt64, to: UInt64?) async throws -> ConsistencyView {
        try await application.consistency(from: from, to: to, context)
    }

    func timeline(_ filter: TimelineFilter) async throws -> TimelinePage {
        try await application.timeline(filter, context)
    }

    func models() async throws -> ModelList { try await application.models(context) }

    func model(_ key: String) async throws -> ModelDetail { try await application.model(key, context) }

    func verifyModels() async throws -> ModelVerification { try await application.verifyModels(context) }

    func register(_ model: ModelUpload) async throws -> ModelView {
        try await application.register(archive: model.archive, card: model.card, fileName: model.name, context)
    }

    func change(_ change: ModelChange) async throws -> ModelView {
        switch change {
        case .activate(let model, let reason): try await application.activate(model, reason: reason, context)
        case .rollBack(let reason): try await application.rollBack(reason: reason, context)
        case .retire(let model, let reason): try await application.retire(model, reason: reason, context)
        case .threshold(let model, let value, let reason):
            try await application.changeThreshold(of: model, to: value, reason: reason, context)
        }
    }

    func credentials() async throws -> [CredentialView] { try await application.credentials(context) }

    func issue(role: String, name: String) async throws -> IssuedCredential {
        guard let role = Role(rawValue: role) else { throw Failure.usage("There is no role `\(role)`.") }
        return try await application.issue(role: role, name: name, context)
    }

    func rotate(_ id: String) async throws -> IssuedCredential { try await application.rotate(id, context) }

    func revoke(_ id: String, reason: String) async throws {
        try await application.revoke(id, reason: reason, context)
    }

    func keys() async throws -> KeyList { try await application.keys(context) }

    func requestKeys(_ purposes: Set<String>, on token: String?) async throws -> String {
        try await application.requestKeys(purposes, on: token, context)
    }

    func rotateKeys(_ rotation: KeyRotation) async throws -> KeyList {
        try await application.rotateKeys(rotation, context)
    }

    func retireKey(_ id: String, reason: String) async throws -> KeyList {
        try await application.retireKey(id, reason: reason, context)
    }

    func reportCompromised(_ id: String, from index: UInt64, reason: String) async throws -> KeyList {
        try await application.reportCompromised(id, from: index, reason: reason, context)
    }

    func lists() async throws -> ListStandings { try await application.lists(context) }

    func skip(_ index: UInt64, of list: String, reason: String) async throws -> ListStandings {
        try await application.skip(index, of: list, reason: reason, context)
    }

    func backup(to folder: String?) async throws -> BackupView { try await application.backup(to: folder, context) }

    func health(_ check: HealthCheck) async throws -> HealthView { await application.health() }
}
