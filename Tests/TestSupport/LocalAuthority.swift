import Foundation

/// A time-stamp authority of our own: certificates and `openssl ts` in a folder.
public struct LocalAuthority: Sendable {
    /// Why the local authority could not do what it was asked.
    public struct Failure: Error, CustomStringConvertible {
        public let description: String
    }

    public let folder: String
    /// The certificate of the root, in PEM.
    public var root: [UInt8] { get throws { try bytes("ca.pem") } }

    /// Makes root and signer.
    ///
    /// - Parameters:
    ///   - folder: created; remove it afterwards.
    ///   - validity: when the signer's certificate begins and ends to count, in seconds from now.
    /// - Throws: when `openssl` cannot do it.
    public init(in folder: String, validity: Range<Int> = -3_600..<86_400) throws {
        self.folder = folder
        try FileManager.default.createDirectory(atPath: folder + "/issued", withIntermediateDirectories: true)
        try write("openssl.cnf", Self.configuration)
        for file in ["index.txt", "index.txt.attr"] { try write(file, "") }
        for file in ["serial", "ts.serial"] { try write(file, "01\n") }
        let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        try run(
            ["req", "-x509", "-config", "openssl.cnf", "-extensions", "root", "-days", "30", "-subj", "/CN=Test root"]
                + key + ["-keyout", "ca.key", "-out", "ca.pem"])
        try run(
            ["req", "-config", "openssl.cnf", "-subj", "/CN=Test authority"]
                + key + ["-keyout", "tsa.key", "-out", "tsa.csr"])
        try run([
            "ca", "-batch", "-notext", "-config", "openssl.cnf", "-name", "issuer", "-in", "tsa.csr", "-out", "tsa.pem",
            "-startdate", Self.date(validity.lowerBound), "-enddate", Self.date(validity.upperBound),
        ])
    }

    /// Answers a request of RFC 3161.
    public func reply(to request: [UInt8]) throws -> [UInt8] {
        let name = UUID().uuidString
        defer { for end in ["q", "r"] { try? FileManager.default.removeItem(atPath: "\(folder)/\(name).\(end)") } }
        try Data(request).write(to: URL(filePath: "\(folder)/\(name).q"))
        try run([
            "ts", "-reply", "-config", "openssl.cnf", "-section", "authority", "-queryfile", "\(name).q",
            "-out", "\(name).r",
        ])
        return try bytes("\(name).r")
    }

    /// Whether `openssl ts` itself accepts a token over a digest in hex.
    public func accepts(token: [UInt8], digest: String) throws -> Bool {
        let name = UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: "\(folder)/\(name)") }
        try Data(token).write(to: URL(filePath: "\(folder)/\(name)"))
        return (try? run(["ts", "-verify", "-digest", digest, "-in", name, "-token_in", "-CAfile", "ca.pem"])) != nil
    }

    /// Runs `openssl` in the folder.
    public func run(_ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/openssl")
        process.arguments = arguments
        process.currentDirectoryURL = URL(filePath: folder)
        let output = Pipe()
        (process.standardOutput, process.standardError) = (output, output)
        try process.run()
        let text = try output.fileHandleForReading.readToEnd().map { String(decoding: $0, as: UTF8.self) } ?? ""
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Failure(description: "openssl \(arguments.joined(separator: " ")): \(text)")
        }
    }

    private func bytes(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(filePath: "\(folder)/\(name)")))
    }

    private func write(_ name: String, _ text: String) throws {
        try Data(text.utf8).write(to: URL(filePath: "\(folder)/\(name)"))
    }

    /// `YYYYMMDDHHMMSSZ`, as `openssl ca` takes it.
    private static func date(_ seconds: Int) -> String {
        let text = Date(timeIntervalSinceNow: Double(seconds)).formatted(.iso8601)
        return text.filter { $0.isNumber } + "Z"
    }

    private static let configuration = """
        [req]
        distinguished_name = name
        prompt = no
        [name]
        [root]
        basicConstraints = critical,CA:true
        keyUsage = critical,keyCertSign
        [issuer]
        dir = .
        database = $dir/index.txt
        new_certs_dir = $dir/issued
        certificate = $dir/ca.pem
        private_key = $dir/ca.key
        serial = $dir/serial
        default_md = sha256
        policy = anyone
        x509_extensions = signer
        [anyone]
        commonName = supplied
        [signer]
        extendedKeyUsage = critical,timeStamping
        [authority]
        dir = .
        serial = $dir/ts.serial
        signer_cert = $dir/tsa.pem
        certs = $dir/ca.pem
        signer_key = $dir/tsa.key
        signer_digest = sha256
        default_policy = 1.2.3.4.1
        digests = sha256
        accuracy = secs:1
        clock_precision_digits = 3
        ess_cert_id_alg = sha256

        """
}
