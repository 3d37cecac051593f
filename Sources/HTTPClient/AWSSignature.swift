/// The credentials a request to an S3-compatible store is signed with (AWS Signature Version 4).
public struct AWSSignature: Sendable {
    let region: String
    let service: String
    let accessKey: String
    let secretKey: String

    /// Creates the credentials; the service is `s3` for object stores.
    public init(region: String, service: String = "s3", accessKey: String, secretKey: String) {
        (self.region, self.service, self.accessKey, self.secretKey) = (region, service, accessKey, secretKey)
    }
}
