/// Business rules without I/O: what may happen (`decide`) and what it means (`evolve`).
public protocol Decider {
    associatedtype State: Sendable
    associatedtype Command: Sendable
    associatedtype Rejection: Error, Hashable

    /// The state before the first event.
    static var initialState: State { get }

    /// The events that a command leads to in a state; none when there is nothing to do.
    static func decide(_ command: Command, in state: State) throws(Rejection) -> [Event]

    /// What an event means; events of other streams change nothing.
    static func evolve(_ state: inout State, with event: Event)
}

extension Decider {
    /// The fold of a history.
    public static func replay(_ history: some Sequence<Event>) -> State {
        history.reduce(into: initialState) { evolve(&$0, with: $1) }
    }
}
