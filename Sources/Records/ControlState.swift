/// What a command must know before it acts: the fold of all control events.
public struct ControlState: Hashable, Sendable {
    /// How many control events made this state; the head of the log counts the same number as its epoch.
    public private(set) var epoch: UInt64 = 0
    public private(set) var models = ModelRegistry.initialState
    public private(set) var credentials = Credentials.initialState
    /// The last recorded value of each behaviour-changing setting, by name.
    public private(set) var settings: [String: String] = [:]

    public init() {}

    /// Takes one more control event; unknown ones count as well, since the sequencer counted them.
    public mutating func evolve(with fact: StoredFact) {
        epoch += 1
        guard case .known(let event) = fact else { return }
        ModelRegistry.evolve(&models, with: event)
        Credentials.evolve(&credentials, with: event)
        if case .configChanged(let change) = event { settings[change.name] = change.to }
    }
}
