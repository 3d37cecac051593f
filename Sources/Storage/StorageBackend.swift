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

    /// A copy of the database that follows it, from which is read what is past; nil without one.
    func openStandby(origin: String) -> Standby?

    /// What the database's own checker says of its files, and where their structure is not ours.
    func damage() throws(StorageError) -> [StorageDamage]

    /// The settings of the database that weaken what it promises.
    func weaknesses() throws(StorageError) -> [StorageWeakness]

    /// Removes the tables of the following projections when they are damaged: they can be made again.
    ///
    /// - Returns: whether there was anything to remove.
    func discardDamagedProjections() throws(StorageError) -> Bool
}

extension StorageBackend {
    /// None: an embedded database has the settings that we give it.
    public func weaknesses() throws(StorageError) -> [StorageWeakness] { [] }

    public func openStandby(origin: String) -> Standby? { nil }
}
