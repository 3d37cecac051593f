import CanonicalJSON
import Crypto
import Storage

/// The secret store as lines of JSON, each subject still wrapped; kept apart from the backup of the log.
enum SecretsFile {
    static func encode(_ records: [SubjectRecord]) -> [UInt8] {
        records.flatMap { record in
            var fields: [String: JSONValue] = [
                "subject": .string(record.subject), "wrapped": .string(Base64.encode(record.wrapped)),
            ]
            fields["patient"] = record.patient.map { .string($0.hex) }
            return JSONValue.object(JSONObject(fields)).canonicalBytes() + [0x0A]
        }
    }

    static func decode(_ bytes: [UInt8]) -> [SubjectRecord]? {
        var records: [SubjectRecord] = []
        for line in bytes.split(separator: 0x0A) {
            guard let value = try? JSONValue.parse(Array(line)), let subject = value["subject"]?.stringValue,
                let wrapped = value["wrapped"]?.stringValue.flatMap(Base64.decode)
            else { return nil }
            let patient = value["patient"]?.stringValue
            let digest = patient.flatMap { Digest(hex: $0) }
            guard (patient == nil) == (digest == nil) else { return nil }
            records.append(.init(subject: subject, wrapped: wrapped, patient: digest))
        }
        return records
    }
}
