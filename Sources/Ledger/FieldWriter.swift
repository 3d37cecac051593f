import CanonicalJSON

/// Writes members of an object that are known in canonical order, leaving out those that are nil.
enum FieldWriter {
    static func members(_ members: [(String, JSONValue?)], opening: String, closing: String) -> [UInt8] {
        var bytes = Array(opening.utf8)
        var isFirst = true
        for case (let name, let value?) in members {
            if !isFirst { bytes.append(UInt8(ascii: ",")) }
            isFirst = false
            CanonicalWriter.writeString(name, into: &bytes)
            bytes.append(UInt8(ascii: ":"))
            value.write(into: &bytes)
        }
        bytes += closing.utf8
        return bytes
    }
}

extension Envelope.Actor {
    var value: JSONValue {
        let texts = [
            "address": address, "credential": credential, "id": id, "issuer": issuer, "kind": kind, "name": name,
            "on_behalf_of": onBehalfOf, "purpose": purpose, "session": session, "token_id": tokenID,
            "user_agent": userAgent,
        ]
        var members = texts.compactMapValues { $0.map { JSONValue.string($0) } }
        members["port"] = port.map { .integer(Int64($0)) }
        members["roles"] = .array(roles.map { .string($0) })
        return .object(JSONObject(members))
    }
}

extension Envelope.Service {
    var value: JSONValue {
        ["build": .string(build), "host": .string(host), "id": .string(id), "version": .string(version)]
    }
}

extension Envelope.Idempotency {
    var value: JSONValue { ["key": .string(key), "request": .string(request)] }
}
