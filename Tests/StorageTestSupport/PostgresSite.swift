import Foundation
import PostgresStorage
public import Storage

/// A database of its own in the cluster of the tests.
public struct PostgresSite: StorageSite {
    /// As libpq takes it, with the owner as the user.
    public let address: String

    public init(migrated: Bool = true) throws {
        address = try PostgresCluster.shared.get().makeDatabase(migrated: migrated)
    }

    /// As a user who may add entries and change none.
    public var serviceAddress: String { address.replacingOccurrences(of: "user=owner", with: "user=service") }

    /// Runs SQL as somebody else would, by psql.
    ///
    /// - Returns: what it printed, and the first line of what it complained of.
    @discardableResult
    public func psql(_ sql: String, isOwner: Bool = true) throws -> (output: String, complaint: String) {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["psql", "-X", "-q", "-A", "-t", "-d", isOwner ? address : serviceAddress, "-c", sql]
        process.standardInput = FileHandle.nullDevice
        let (output, complaint) = (Pipe(), Pipe())
        (process.standardOutput, process.standardError) = (output, complaint)
        try process.run()
        func text(_ pipe: Pipe) -> String {
            String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        }
        let (said, complained) = (text(output), text(complaint))
        process.waitUntilExit()
        return (
            said.trimmingCharacters(in: .whitespacesAndNewlines), String(complained.prefix { $0 != "\n" })
        )
    }

    public func openLog(_ origin: String) throws -> any EventStore {
        PostgresEventStore(address: address, origin: origin)
    }

    public func openProjections(_ origin: String) throws -> any ProjectionStore {
        PostgresProjectionStore(address: address, origin: origin)
    }

    public func openSecrets(_ origin: String) throws -> any SecretStore {
        PostgresSecretStore(address: address, origin: origin)
    }
}
