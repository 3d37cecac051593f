import Service

/// `predict`: pictures in, recorded predictions out.
enum Predict: Command {
    static let definition = CommandDefinition(
        words: ["predict"], section: .predictions, summary: "Predict from X-rays and record each prediction",
        discussion: """
            Takes JPEG and PNG files, folders (with everything below them) and patterns. Each picture becomes one signed \
            event; a prediction that cannot be recorded is not shown. Several pictures are worked on at once and go \
            through the model together, which never changes a result by one bit.

            The patient is sealed before anything is stored, and is not printed. Without --patient each picture is of \
            somebody unknown.

            With --json one named file gives the prediction itself; folders, patterns or several files give \
            {"predictions": […], "refused": […]}.
            """,
        operands: [.init(name: "FILE", isRepeated: true)],
        flags: [
            Flag(
                "patient", "ID", "the patient's id as the hospital writes it", aliases: ["patient-id"], isPrivate: true)
        ],
        examples: [
            "cxrledger predict scan.jpeg --patient P-123", "cxrledger predict Tests/Fixtures/xrays --json",
            "cxrledger predict 'incoming/*.png' --server https://ledger.example.org --key-file key.txt",
        ],
        exits: "0 all recorded, 1 at least one was refused")

    /// One picture's outcome.
    struct Outcome: Sendable {
        let file: String
        let result: Result<PredictionView, Failure>
    }

    static func run(_ invocation: Invocation) async throws -> ExitStatus {
        let console = invocation.console
        let files = try ImageFiles(invocation.arguments.operands)
        if files.skipped > 0 {
            console.note("note: left out \(files.skipped) whose names do not end in .jpeg, .jpg or .png")
        }
        guard !files.paths.isEmpty else { throw Failure("no-pictures", "There are no pictures in what was named.") }
        let access = try await invocation.access(creating: true)
        if let local = access as? LocalAccess { try await local.prepareModel() }
        let outcomes = await predict(files.paths, invocation.arguments.value("patient"), by: access, console)
        let refused = outcomes.compactMap { outcome in
            if case .failure(let failure) = outcome.result { (outcome.file, failure) } else { nil }
        }
        if files.isSingle, let (_, failure) = refused.first { throw failure }
        for (file, failure) in refused {
            console.warn("refused \(Printable.text(file)) [\(failure.code)]: \(Printable.text(failure.sentence))")
        }
        try show(outcomes, isSingle: files.isSingle, console)
        return refused.isEmpty ? .done : .failed
    }

    /// Predicts all, as many at once as the ledger likes; the outcomes come in the order of the files.
    private static func predict(
        _ files: [String], _ patient: String?, by access: any LedgerAccess, _ console: Console
    ) async -> [Outcome] {
        let bar = ProgressBar("predicting", console)
        let total = UInt64(files.count)
        let outcomes = await withTaskGroup(of: (Int, Outcome).self) { group in
            var outcomes = [Outcome?](repeating: nil, count: files.count)
            var next = 0
            func add() {
                guard next < files.count else { return }
                let (position, file) = (next, files[next])
                next += 1
                group.addTask { (position, await predict(file, patient, by: access)) }
            }
            for _ in 0..<access.width { add() }
            while let (position, outcome) = await group.next() {
                outcomes[position] = outcome
                if total > 1 { bar.advance(of: total) }
                add()
            }
            return outcomes.compactMap(\.self)
        }
        bar.finish()
        return outcomes
    }

    /// Predicts one picture; waits and tries again while the ledger has too much to do.
    private static func predict(_ file: String, _ patient: String?, by access: any LedgerAccess) async -> Outcome {
        var attempt = 0
        while true {
            attempt += 1
            do {
                let image = try InputFile.read(file, limit: access.bodyLimit)
                let name = file.split(separator: "/").last.map(String.init)
                let request = PredictionRequest(image: image, patient: patient, fileName: name)
                var view = try await access.predict(request)
                view.patient = nil  // known to whoever asked; no need to have it in a terminal's memory
                return Outcome(file: file, result: .success(view))
            } catch {
                let failure = Failure(error)
                guard let seconds = failure.retryAfterSeconds, attempt < 10 else {
                    return Outcome(file: file, result: .failure(failure))
                }
                try? await Task.sleep(for: .seconds(min(seconds, 10)))  // a cancelled wait only tries sooner
            }
        }
    }

    private static func show(_ outcomes: [Outcome], isSingle: Bool, _ console: Console) throws {
        let found = outcomes.compactMap { outcome in try? (outcome.file, outcome.result.get()) }
        if isSingle, let (_, view) = found.first {
            try console.show(view) { PredictionText.result(view, console) }
        } else if console.isJSON {
            try console.print(json: PredictionBatch(outcomes))
        } else if !found.isEmpty {
            console.print(PredictionText.table(found, console))
            if let limits = found.first?.1.limits, !limits.isEmpty {
                console.note("\n" + PredictionText.limits(limits))
            }
        }
    }
}
