import Records
import Testing

@Suite struct `The model registry` {
    let registered = ModelRegistry.replay([.modelRegistered(model("aa")), .modelRegistered(model("bb"))])

    @Test func `has no active model before the first activation`() { #expect(registered.active == nil) }

    @Test func `registers a digest once`() throws {
        #expect(try ModelRegistry.decide(.register(model("aa")), in: registered) == [])
        #expect(try ModelRegistry.decide(.register(model("cc")), in: registered) == [.modelRegistered(model("cc"))])
    }

    @Test(
        arguments: [
            "1.5", "-0.1", "0,5", "", ".5", "1e-3", "0.", "NaN", "0.50000000001", "0.1234567891", "0.999999999",
        ])
    func `refuses a threshold that is no decimal between 0 and 1, or none of a float32`(threshold: String) {
        #expect(throws: Rejection.thresholdInvalid) {
            try ModelRegistry.decide(.register(model("cc", threshold: threshold)), in: registered)
        }
        #expect(throws: Rejection.thresholdInvalid) {
            try ModelRegistry.decide(.changeThreshold(digest: "aa", to: threshold, reason: "x"), in: registered)
        }
    }

    @Test(arguments: [("0.60", "0.6"), ("1.00", "1"), ("0.0", "0"), ("0.98666966", "0.98666966"), ("0.0001", "0.0001")])
    func `stores a threshold in one spelling`(written: String, stored: String) throws {
        let events = try ModelRegistry.decide(.changeThreshold(digest: "aa", to: written, reason: "x"), in: registered)
        #expect(folded(registered, events).models["aa"]?.threshold == stored)
    }

    @Test func `activates a registered model and names the one before`() throws {
        let first = try ModelRegistry.decide(.activate(digest: "aa", reason: "seed"), in: registered)
        #expect(first == [.modelActivated(.init(digest: "aa", name: "m", version: "1", previous: nil, reason: "seed"))])
        let state = folded(registered, first)
        let second = try ModelRegistry.decide(.activate(digest: "bb", reason: "new"), in: state)
        #expect(
            second == [.modelActivated(.init(digest: "bb", name: "m", version: "1", previous: "aa", reason: "new"))])
        #expect(try ModelRegistry.decide(.activate(digest: "aa", reason: ""), in: state) == [])
        #expect(throws: Rejection.modelUnknown) {
            try ModelRegistry.decide(.activate(digest: "zz", reason: ""), in: state)
        }
    }

    @Test func `rolls back along the activations`() throws {
        var state = registered
        for digest in ["aa", "bb"] {
            state = folded(state, try ModelRegistry.decide(.activate(digest: digest, reason: ""), in: state))
        }
        state = folded(state, try ModelRegistry.decide(.rollBack(reason: "worse"), in: state))
        #expect(state.active?.registration.digest == "aa")
        #expect(throws: Rejection.nothingToRollBackTo) { try ModelRegistry.decide(.rollBack(reason: ""), in: state) }
    }

    @Test func `swaps and rolls back twenty times`() throws {
        var state = folded(registered, try ModelRegistry.decide(.activate(digest: "aa", reason: ""), in: registered))
        for _ in 0..<20 {
            state = folded(state, try ModelRegistry.decide(.activate(digest: "bb", reason: ""), in: state))
            #expect(state.active?.registration.digest == "bb")
            state = folded(state, try ModelRegistry.decide(.rollBack(reason: ""), in: state))
            #expect(state.active?.registration.digest == "aa")
        }
    }

    @Test func `never retires the active model, nor activates a retired one`() throws {
        let state = folded(registered, try ModelRegistry.decide(.activate(digest: "aa", reason: ""), in: registered))
        #expect(throws: Rejection.modelActive) {
            try ModelRegistry.decide(.retire(digest: "aa", reason: ""), in: state)
        }
        let retired = folded(state, try ModelRegistry.decide(.retire(digest: "bb", reason: ""), in: state))
        #expect(throws: Rejection.modelRetired) {
            try ModelRegistry.decide(.activate(digest: "bb", reason: ""), in: retired)
        }
    }

    @Test func `changes a threshold once`() throws {
        let events = try ModelRegistry.decide(.changeThreshold(digest: "aa", to: "0.7", reason: "x"), in: registered)
        let state = folded(registered, events)
        #expect(state.models["aa"]?.threshold == "0.7")
        #expect(try ModelRegistry.decide(.changeThreshold(digest: "aa", to: "0.7", reason: "x"), in: state) == [])
    }

    private func folded(_ state: ModelRegistry.State, _ events: [Event]) -> ModelRegistry.State {
        events.reduce(into: state) { ModelRegistry.evolve(&$0, with: $1) }
    }
}
