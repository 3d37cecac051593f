/// From where a request comes, before it is known who sends it, and the id that ties its events together.
public struct RequestSource: Sendable {
    public var correlation: String
    public var address: String?
    public var port: Int?
    public var userAgent: String?
    /// The purpose of use that was declared, such as `TREAT` (HL7 v3 PurposeOfUse).
    public var purpose: String?

    public init(
        correlation: String, address: String? = nil, port: Int? = nil, userAgent: String? = nil, purpose: String? = nil
    ) {
        (self.correlation, self.address, self.port) = (correlation, address, port)
        (self.userAgent, self.purpose) = (userAgent, purpose)
    }
}

/// One request: who, and from where.
public struct RequestContext: Sendable {
    public var principal: Principal
    public var source: RequestSource

    public init(_ principal: Principal, from source: RequestSource) {
        (self.principal, self.source) = (principal, source)
    }
}
