import Concurrency
public import Storage

/// Stores in memory, shared by everybody who opens the same origin.
public final class MemorySite: StorageSite {
    private struct Stores {
        let log: MemoryEventStore
        let projections = MemoryProjectionStore()
        let secrets = MemorySecretStore()
    }

    private let stores = Locked<[String: Stores]>([:])

    public init() {}

    public func openLog(_ origin: String) -> any EventStore { stores(of: origin).log }
    public func openProjections(_ origin: String) -> any ProjectionStore { stores(of: origin).projections }
    public func openSecrets(_ origin: String) -> any SecretStore { stores(of: origin).secrets }

    private func stores(of origin: String) -> Stores {
        stores.withLock { stores in
            let found = stores[origin] ?? Stores(log: MemoryEventStore(origin: origin))
            stores[origin] = found
            return found
        }
    }
}
