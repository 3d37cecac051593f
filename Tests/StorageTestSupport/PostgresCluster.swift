import Concurrency
import Foundation
import PostgresStorage

/// A PostgreSQL server that the tests of one process start for themselves, and that ends with them.
public final class PostgresCluster: Sendable {
    /// The one of this process, started when it is first asked for.
    public static let shared = Result { try PostgresCluster() }

    /// Runs a server until its input ends, which it does with this process, however that ends.
    private static let keeper = """
        folder=$1; shift
        "$@" & server=$!
        cat >/dev/null
        kill -QUIT $server; wait; rm -rf "$folder"
        """
    private static let template = "template_cxrledger"
    private let folder: String
    private let lifeline = Pipe()
    private let made = Locked(0)

    private init() throws {
        folder = NSTemporaryDirectory() + "cxr-pg-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        if getuid() == 0 { try Self.run(["chown", "postgres", folder]) }
        let data = folder + "/data"
        try Self.run(
            Self.asPostgres + [
                Self.program("initdb"), "-D", data, "-U", "owner", "--auth=trust", "--no-sync", "--no-instructions",
                "-E", "UTF8", "--locale=C.UTF-8", "--data-checksums",
            ])
        let settings = [
            "listen_addresses=", "unix_socket_directories=\(folder)", "fsync=off", "max_connections=400",
            "shared_buffers=64MB", "log_min_messages=fatal", "logging_collector=off",
        ]
        _ = try Self.start(
            ["sh", "-c", Self.keeper, "sh", folder] + Self.asPostgres
                + [Self.program("postgres"), "-D", data] + settings.flatMap { ["-c", $0] }, input: lifeline)
        try waitUntilReady()
        try Self.run(["createdb", "-h", folder, "-U", "owner", Self.template])
        try Self.run(["createuser", "-h", folder, "-U", "owner", "service"])
        _ = try PostgresMigration.apply(address: address(Self.template), serviceRole: "service")
    }

    /// A new database, with the schema if so wanted, and the address of it.
    func makeDatabase(migrated: Bool) throws -> String {
        let number = made.withLock { made in
            made += 1
            return made
        }
        let template = migrated ? Self.template : "template0"
        try Self.run(["createdb", "-h", folder, "-U", "owner", "-T", template, "test\(number)"])
        return address("test\(number)")
    }

    private func address(_ database: String) -> String { "host=\(folder) user=owner dbname=\(database)" }

    private func waitUntilReady() throws {
        for _ in 0..<600 {
            if (try? Self.run(["pg_isready", "-q", "-h", folder, "-U", "owner", "-d", "postgres"])) != nil { return }
            usleep(50_000)
        }
        throw Failure(description: "the server does not start; is postgresql-15 installed?")
    }

    /// The server refuses to be run by root.
    private static var asPostgres: [String] {
        getuid() == 0 ? ["setpriv", "--reuid", "postgres", "--regid", "postgres", "--init-groups"] : []
    }

    private static func program(_ name: String) -> String { "/usr/lib/postgresql/15/bin/" + name }

    private static func start(_ command: [String], input: Pipe? = nil) throws -> Process {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = command
        process.currentDirectoryURL = URL(filePath: "/")
        process.standardInput = input ?? FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        return process
    }

    private static func run(_ command: [String]) throws {
        let process = try start(command)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Failure(description: "\(command.joined(separator: " ")) ended with \(process.terminationStatus)")
        }
    }

    struct Failure: Error, CustomStringConvertible { let description: String }
}
