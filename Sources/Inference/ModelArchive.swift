/// The members of a `.keras` file: a zip archive with `metadata.json`, `config.json` and `model.weights.h5`.
///
/// Reads from memory, inflates no more than the limit of each member, and checks every checksum.
struct ModelArchive {
    let metadata: [UInt8]
    let config: [UInt8]
    let weights: [UInt8]

    init(_ bytes: [UInt8]) throws(InferenceError) {
        guard bytes.count <= Limits.archiveBytes else {
            throw InferenceError(.tooLarge, "the file has \(bytes.count) bytes, the limit is \(Limits.archiveBytes)")
        }
        let zip = try ZipReader(bytes)
        metadata = try zip.member("metadata.json", limit: Limits.configBytes)
        config = try zip.member("config.json", limit: Limits.configBytes)
        weights = try zip.member("model.weights.h5", limit: Limits.weightFileBytes)
    }
}
