/// What kind of work a credential is for.
public enum Role: String, Codable, Hashable, Sendable, CaseIterable {
    case clinician, auditor, `operator`, security, administrator

    /// Whether the role holds a permission: the one table of the product, deny by default.
    public func holds(_ permission: Permission) -> Bool {
        self == .administrator || Self.granted[self, default: []].contains(permission)
    }

    /// Whether the role may do everything that another one may.
    public func includes(_ other: Role) -> Bool { other.permissions.allSatisfy(holds) }

    /// Everything the role may do, in a stable order.
    public var permissions: [Permission] { Permission.allCases.filter(holds) }

    private static let granted: [Role: Set<Permission>] = [
        .clinician: [
            .predictionCreate, .predictionRead, .predictionSearch, .predictionReview, .imageRead, .patientRead,
            .modelRead, .logRead,
        ],
        .auditor: [
            .predictionRead, .predictionSearch, .predictionReproduce, .modelRead, .logRead, .eventRead, .timelineRead,
            .credentialRead, .exportCreate,
        ],
        .operator: [
            .modelRead, .modelRegister, .modelActivate, .thresholdChange, .logRead, .backupCreate,
            .predictionReproduce,
        ],
        .security: [
            .modelRead, .logRead, .eventRead, .timelineRead, .credentialRead, .credentialRotate, .credentialRevoke,
        ],
    ]
}
