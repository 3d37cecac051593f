import Crypto

/// A folder that is removed with what is in it when nobody holds it any longer.
final class ScratchFolder: Sendable {
    let path: String

    /// Makes a folder with a name of its own in another.
    init(in folder: String) throws(ServiceError) {
        path = "\(folder)/.cxrledger-\(Hex.encode(SecureRandom.bytes(8)))"
        try SmallFile.makeFolder(path)
    }

    deinit { Home.removeFolder(path) }
}
