import Crypto
import Imaging
import Records

/// A picture and its personal fields under the subject's secret, made durable before the event that refers to them.
struct SealedPicture: Sendable {
    let subject: String
    let blob: Digest
    let commit: Digest
    /// Of the plain picture.
    let bytes: Int
    let fields: SealedField

    func image(_ info: ImageInfo) -> SealedImage {
        SealedImage(
            blob: blob.hex, commit: commit.hex, format: info.format.rawValue, width: info.width, height: info.height,
            bytes: Int64(bytes))
    }
}
