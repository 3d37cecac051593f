import Service

/// `review`: a person's word on a prediction.
enum Review: Command {
    static let definition = CommandDefinition(
        words: ["review"], section: .predictions, summary: "Agree with a prediction, or override it with a reason",
        discussion: """
            A review is an event of its own: the prediction stays as it was, and every review stays in its history. An \
            override names another class of the model and needs a reason, which is sealed like the patient's id.
            """,
        operands: [.init(name: "ID")],
        flags: [
            Flag("agree", nil, "the prediction is right"), Flag("override", "LABEL", "it is this class instead"),
            Flag("reason", "TEXT", "why; needed for an override", isPrivate: true),
        ],
        examples: [
            "cxrledger review 0199b1c2-7d3e-7a10-9c55-0123456789ab --agree",
            "cxrledger review 0199b1c2-7d3e-7a10-9c55-0123456789ab --override NORMAL --reason 'Motion artefact'",
        ])

    static func run(_ invocation: Invocation) async throws -> ExitStatus {
        let arguments = invocation.arguments
        let label = arguments.value("override")
        guard arguments.has("agree") != (label != nil) else {
            throw Failure.usage("A review says either --agree or --override LABEL.", help: ["review"])
        }
        guard label == nil || arguments.value("reason") != nil else {
            throw Failure.usage("An override needs --reason TEXT.", help: ["review"])
        }
        let review = ReviewRequest(
            verdict: label == nil ? "agree" : "override", label: label?.uppercased(), reason: arguments.value("reason"))
        var view = try await invocation.access().review(arguments.operands[0], review)
        view.patient = nil  // a review is not a question for the patient
        let console = invocation.console
        try console.show(view) {
            TextTable.fields(
                [
                    ("review", view.review.map { .init("\($0.verdict), \($0.label)", .good) }),
                    ("index", view.review.map { "\($0.index)" }), ("prediction", .init(view.prediction)),
                    ("id", .init(view.id)),
                ], console)
        }
        return .done
    }
}
