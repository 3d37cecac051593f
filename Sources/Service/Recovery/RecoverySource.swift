import Glibc
public import Storage

/// Where a recovery reads from.
public enum RecoverySource {
    /// Opens a folder of tiles or of a backup, the address of a `/tlog`, or the bucket of the settings.
    ///
    /// An address is read with an API key that may read entries. With the place comes its folder when it is that of a
    /// backup. A bucket that the settings do not name is refused: `recovery-source-unset`.
    public static func open(
        _ place: String, settings: Settings, key: String?
    ) throws(ServiceError) -> (source: any TileSource, backup: String?) {
        if place.hasPrefix("http://") || place.hasPrefix("https://") {
            return (HTTPTileSource(place, key: key), nil)
        }
        if place.hasPrefix("s3://") {
            guard place == settings.tlogBucket, let bucket = settings.bucket else {
                throw ServiceError(
                    .invalid, "recovery-source-unset",
                    "Name the bucket by TLOG_S3, with S3_ENDPOINT and its keys, and give the same address to --from.")
            }
            return (S3TileTarget(bucket), nil)
        }
        let folder = place.count > 1 && place.hasSuffix("/") ? String(place.dropLast()) : place
        let isBackup = unsafe access(folder + "/manifest.json", F_OK) == 0
        return (TileFolder(reading: folder), isBackup ? folder : nil)
    }
}
