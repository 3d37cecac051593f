import CanonicalJSON
import Records
import Testing

@Suite struct `The control state` {
    @Test func `counts every control event, known or not`() {
        var state = ControlState()
        for event in examples where event.type.isControl { state.evolve(with: .known(event)) }
        state.evolve(with: .unknown(type: "Later", schema: 1, payload: [:]))
        #expect(state.epoch == UInt64(examples.count(where: \.type.isControl)) + 1)
        #expect(state.settings["BATCH_SIZE"] == "8")
    }
}
