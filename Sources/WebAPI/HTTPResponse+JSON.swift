import FoundationEssentials
import HTTPServer
import Service

extension HTTPResponse {
    /// JSON as the product writes it everywhere: names in snake_case, in order.
    private static let encoder: JSONEncoder = {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return encoder
    }()

    /// The bytes of a value.
    static func jsonBytes(_ value: some Encodable) throws(ServiceError) -> [UInt8] {
        do { return Array(try encoder.encode(value)) } catch {
            throw ServiceError(.unavailable, "internal", "The answer could not be written; see the log of the service.")
        }
    }

    /// Answers with a value.
    static func json(_ value: some Encodable, status: Int = 200) throws(ServiceError) -> HTTPResponse {
        .json(bytes: try jsonBytes(value), status: status)
    }

    /// Answers with a page that a standby gave, if it did, and says how far behind that was.
    static func json(_ value: some Encodable, behind lag: ReadLag?) throws(ServiceError) -> HTTPResponse {
        var response = try json(value)
        if let lag { response.headers["X-CXRLedger-Read-Lag"] = lag.text }
        return response
    }

    /// Answers with a document that is written already.
    static func json(bytes: [UInt8], status: Int = 200) -> HTTPResponse {
        HTTPResponse(status: status, headers: ["Content-Type": "application/json"], body: .bytes(bytes))
    }
}
