import Service

/// What commands ask of the ledger, on the store itself or over HTTP; the answers are the same values.
protocol LedgerAccess: Sendable {
    /// How many predictions are asked for at once.
    var width: Int { get }
    /// The largest picture in bytes.
    var bodyLimit: Int { get }

    func predict(_ request: PredictionRequest) async throws -> PredictionView
    func predictions(_ filter: PredictionFilter) async throws -> PredictionPage
    func prediction(_ id: String) async throws -> PredictionView
    /// A file that proves one prediction by itself.
    func passport(of id: String, withImage: Bool) async throws -> [UInt8]
    func reproduce(_ id: String) async throws -> ReproductionView
    func review(_ id: String, _ review: ReviewRequest) async throws -> PredictionView
    func events(since: UInt64, limit: Int) async throws -> EventPage
    func event(_ key: String) async throws -> EventDetail
    /// The last released checkpoint, a signed note.
    func checkpoint() async throws -> String
    /// The last checkpoint that enough witnesses cosigned, with their lines.
    func witnessedCheckpoint() async throws -> String
    /// The key that verifies checkpoints.
    func verifierKey() async throws -> String
    func inclusion(of entry: String, size: UInt64?) async throws -> InclusionView
    func consistency(from: UInt64, to: UInt64?) async throws -> ConsistencyView
    func timeline(_ filter: TimelineFilter) async throws -> TimelinePage
    func models() async throws -> ModelList
    /// A model by its digest, the beginning of it, its name or its version.
    func model(_ key: String) async throws -> ModelDetail
    func verifyModels() async throws -> ModelVerification
    func register(_ model: ModelUpload) async throws -> ModelView
    func change(_ change: ModelChange) async throws -> ModelView
    func credentials() async throws -> [CredentialView]
    func issue(role: String, name: String) async throws -> IssuedCredential
    func rotate(_ id: String) async throws -> IssuedCredential
    func revoke(_ id: String, reason: String) async throws
    func keys() async throws -> KeyList
    /// Makes keys that wait, and what the root has to sign for them.
    func requestKeys(_ purposes: Set<String>, on token: String?) async throws -> String
    func rotateKeys(_ rotation: KeyRotation) async throws -> KeyList
    func retireKey(_ id: String, reason: String) async throws -> KeyList
    func reportCompromised(_ id: String, from index: UInt64, reason: String) async throws -> KeyList
    func lists() async throws -> ListStandings
    func skip(_ index: UInt64, of list: String, reason: String) async throws -> ListStandings
    func backup(to folder: String?) async throws -> BackupView
    func health(_ check: HealthCheck) async throws -> HealthView
}

/// What a person says of a prediction.
struct ReviewRequest: Encodable, Equatable, Sendable {
    /// `agree` or `override`.
    let verdict: String
    let label: String?
    let reason: String?
}

/// A model file and its card, to be registered.
struct ModelUpload: Sendable {
    let name: String
    let archive: [UInt8]
    let card: [UInt8]?
}

/// A change to which model answers, and how.
enum ModelChange: Equatable, Sendable {
    case activate(model: String, reason: String)
    case rollBack(reason: String)
    case retire(model: String, reason: String)
    case threshold(model: String, value: String, reason: String)
}

/// Which question `health` asks.
enum HealthCheck: String, CaseIterable, Sendable { case all, readiness, liveness }
