import CanonicalJSON
import Foundation
import HTTPClient

/// The model that ships, as a form to register it.
enum SavedModel {
    private static let folder = RunningService.repository.appending(path: "saved_models")

    /// With a comment, a byte at the end of the archive, it is the same network in a file with another digest.
    static func form(comment: UInt8? = nil) throws -> MultipartUpload {
        var archive = try RunningService.bytes(folder.appending(path: "pneumonia_cnn_v1.keras"))
        var card = try JSONValue.parseRelaxed(RunningService.bytes(folder.appending(path: "pneumonia_cnn_v1.json")))
        if let comment, var members = card.objectValue {
            // The end record of a zip archive ends in the length of the comment, little-endian.
            archive[archive.count - 2] = 1
            archive.append(comment)
            members["sha256"] = nil
            members["version"] = .string("1.\(comment)")
            card = .object(members)
        }
        var form = MultipartUpload()
        form.addFile("model", filename: "pneumonia_cnn_v1.keras", archive)
        form.addFile("card", filename: "card.json", card.canonicalBytes())
        return form
    }
}
