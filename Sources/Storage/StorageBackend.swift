/// Opens the stores of one deployment; the executable chooses it by `DATABASE_URL`.
public protocol StorageBackend: Sendable {
    /// The origins of the logs that the database holds.
    func origins() throws(StorageError) -> [String]

    /// The log of an origin, created empty when there is none.
    func openLog(origin: String) throws(StorageError) -> any EventStore

    /// The tables of the following projections.
    func openProjections(origin: String) throws(StorageError) -> any ProjectionStore

    /// Projection tables that nobody else sees, in a folder that the caller removes.
    func openScratchProjections(origin: String, folder: String) throws(StorageError) -> any ProjectionStore

    /// The secret store.
    func openSecrets(origin: String) throws(StorageError) -> any SecretStore

    /// What the database's own checker says of its files; nil when it finds nothing.
    func damage() throws(StorageError) -> String?
}
