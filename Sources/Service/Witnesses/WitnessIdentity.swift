import Crypto
import Glibc
package import Ledger
import Storage

/// A witness as it lies in a folder: its name, its key and what it cosigned.
public enum WitnessIdentity {
    /// Makes the folder with a new key, or takes the one that is there under this name; gives the verifier key.
    ///
    /// - Throws: `witness-name` for a name that notes cannot carry or that is not the folder's; what writing throws.
    public static func create(in folder: String, name: String) throws(ServiceError) -> String {
        guard VerifierKey.isValidName(name), name.utf8.count <= 200 else {
            throw ServiceError(
                .invalid, "witness-name",
                "A witness has a name without blanks and `+`, such as witness.hospital.example/1.")
        }
        if try SmallFile.read(folder + "/name") != nil {
            let known = try load(from: folder)
            guard known.name.utf8.elementsEqual(name.utf8) else {
                throw ServiceError(
                    .conflict, "witness-name",
                    "\(folder) holds the witness \(known.name); each has a folder of its own.")
            }
            return known.verifierKey.description
        }
        try SmallFile.makeFolder(folder)
        guard unsafe chmod(folder, 0o700) == 0 else { throw Home.failure("chmod", folder) }
        // A key without a name is of an attempt that did not end; nobody has seen it.
        try SmallFile.write(KeyFile.encode(SecureRandom.secret(32)), to: folder + "/key")
        try SmallFile.write(Array(name.utf8), to: folder + "/name")
        return try load(from: folder).verifierKey.description
    }

    /// Opens a folder that `create` made.
    ///
    /// - Throws: `witness-missing`, or what is wrong with the key file.
    package static func load(from folder: String) throws(ServiceError) -> Cosigner {
        guard let name = try SmallFile.read(folder + "/name", limit: 4_096),
            let key = try KeyFile.read(folder + "/key") as? Ed25519.PrivateKey,
            let text = String(validating: name, as: UTF8.self), VerifierKey.isValidName(text)
        else {
            throw ServiceError(
                .notFound, "witness-missing", "\(folder) holds no witness; make one with `cxrledger witness --init`.")
        }
        return Cosigner(name: text, key: key)
    }
}
