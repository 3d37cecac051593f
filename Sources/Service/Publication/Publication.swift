import Concurrency
import Ledger
import Storage

/// Publishes a log to every place that the settings name, and tells observers what was published.
final class Publication: Sendable {
    /// One place, and how it is opened, which may fail and is tried again.
    struct Target: Sendable {
        /// `folder` or `s3`.
        let kind: String
        /// Where it is, without secrets.
        let name: String
        let open: @Sendable () throws(StorageError) -> any TileTarget

        init(kind: String, name: String, open: @escaping @Sendable () throws(StorageError) -> any TileTarget) {
            (self.kind, self.name, self.open) = (kind, name, open)
        }
    }

    /// One place, and what publishes there once it is open.
    private struct Place: Sendable {
        let target: Target
        let publisher = Locked<TilePublisher?>(nil)
        let failure = Locked<PublicationError?>(nil)
    }

    /// How one place stands.
    struct Standing: Sendable {
        let kind: String
        let name: String
        /// Nil when nothing was published there, as far as this process knows.
        let published: SignedCheckpoint?
        let failure: PublicationError?
    }

    private let places: [Place]
    private let log: any EventStore
    private let verify: TilePublisher.Verifier
    private let observers = Locked<[any CheckpointObserver]>([])
    private let told = Locked<SignedCheckpoint?>(nil)
    private let trouble = Locked<StorageError?>(nil)

    /// Publishes to these; the first of them is the one that is served and that observers hear of.
    init(
        to targets: [Target], log: any EventStore, verify: @escaping TilePublisher.Verifier
    ) {
        places = targets.map { Place(target: $0) }
        (self.log, self.verify) = (log, verify)
    }

    /// Tells an observer of every checkpoint from now on.
    func observe(_ observer: any CheckpointObserver) { observers.withLock { $0.append(observer) } }

    /// How each place stands.
    var standings: [Standing] {
        let trouble = trouble.withLock { $0 }.map { PublicationError.store($0) }
        return places.map { place in
            let state = place.publisher.withLock { $0 }?.state
            return Standing(
                kind: place.target.kind, name: place.target.name, published: state?.published,
                failure: trouble ?? place.failure.withLock { $0 } ?? state?.failure)
        }
    }

    /// Whether the log is what keeps it from publishing.
    var lacksLog: Bool {
        standings.contains { if case .store = $0.failure { true } else { false } }
    }

    /// What is published at the first place, or was when it could last be looked at.
    func look() async -> SignedCheckpoint? {
        guard let place = places.first, let publisher = try? publisher(of: place) else { return nil }
        do throws(PublicationError) { return try await publisher.look() } catch { return publisher.state.published }
    }

    /// Whether the checkpoint of a note is what is published at every place, as far as this process knows.
    func isEverywhere(_ note: String) -> Bool {
        guard let checkpoint = try? Checkpoint(note: note) else { return false }
        return told.withLock { $0?.checkpoint == checkpoint }
            && standings.allSatisfy { $0.failure == nil && $0.published?.checkpoint == checkpoint }
    }

    /// Publishes to every place what is released; one that fails does not stop the others.
    ///
    /// The released checkpoint is asked for again when somebody else was ahead of it.
    func run(_ released: () async throws(StorageError) -> SignedCheckpoint?) async throws(StorageError) {
        guard var checkpoint = try await askingLog(released) else { return }
        if places.isEmpty { await tell(checkpoint) }
        for (number, place) in places.enumerated() {
            do throws(PublicationError) {
                let publisher = try publisher(of: place)
                var published: SignedCheckpoint
                do throws(PublicationError) { published = try await publisher.publish(checkpoint) } catch {
                    // Another process may have released and published more since.
                    guard case .ahead = error, let newer = try? await released() else { throw error }
                    checkpoint = newer
                    published = try await publisher.publish(newer)
                }
                if number == 0 { await tell(published) }
            } catch { continue }  // it stands with the place
        }
    }

    /// While the log itself cannot say what is released, no place stands well.
    private func askingLog(
        _ released: () async throws(StorageError) -> SignedCheckpoint?
    ) async throws(StorageError) -> SignedCheckpoint? {
        do {
            let checkpoint = try await released()
            trouble.withLock { $0 = nil }
            return checkpoint
        } catch {
            trouble.withLock { $0 = error }
            throw error
        }
    }

    /// Adds signatures to a checkpoint wherever it still is the published one.
    ///
    /// - Returns: whether it is anywhere.
    func add(_ signatures: [SignedNote.Signature], to checkpoint: Checkpoint) async -> Bool {
        var isAdded = false
        for place in places {
            guard let publisher = place.publisher.withLock({ $0 }) else { continue }
            // What fails here stands with the place, and the next publication tries it again.
            if (try? await publisher.add(signatures, to: checkpoint)) != nil { isAdded = true }
        }
        return isAdded
    }

    private func tell(_ published: SignedCheckpoint) async {
        let previous = told.withLock { told in
            defer { told = published }
            return told
        }
        guard previous?.checkpoint != published.checkpoint else { return }
        for observer in observers.withLock({ $0 }) {
            await observer.published(published, after: previous) { [weak self] signatures in
                await self?.add(signatures, to: published.checkpoint) ?? false
            }
        }
    }

    private func publisher(of place: Place) throws(PublicationError) -> TilePublisher {
        if let publisher = place.publisher.withLock({ $0 }) { return publisher }
        do throws(StorageError) {
            let publisher = TilePublisher(target: try place.target.open(), log: log, verify: verify)
            place.failure.withLock { $0 = nil }
            return place.publisher.withLock { known in
                if let known { return known }
                known = publisher
                return publisher
            }
        } catch {
            place.failure.withLock { $0 = .target(error) }
            throw .target(error)
        }
    }
}
