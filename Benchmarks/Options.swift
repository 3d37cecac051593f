/// What to measure, where, and how much of it.
struct Options {
    enum Command: String, CaseIterable { case all, events, predict, log, verify, fill, restart, copy, growth }

    /// A word that is no command, flag or value.
    struct Misuse: Error, CustomStringConvertible { let description: String }

    static let usage = """
        usage: Benchmarks [all|events|predict|log|verify|fill|restart|copy|growth]
               [--dir D] [--home H] [--events N] [--producers N] [--rounds N]
               [--postgres ADDRESS] [--part tree|signatures|proofs|export]
        """

    var command = Command.all
    /// The folder that scratch files go to.
    var folder = ".build/benchmarks"
    /// The home that `fill` makes, and that `verify` and `restart` open.
    var home: String?
    var events: Int?
    /// Only so many, for a profile.
    var producers: Int?
    /// The address of an empty PostgreSQL database that is filled instead of a SQLite file.
    var postgres: String?
    var rounds = 5
    /// The only part of `verify` to run; nil for all.
    var part: VerificationBenchmark.Part?

    init() {}

    init(_ words: some Sequence<String>) throws {
        var words = words.makeIterator()
        while let word = words.next() {
            if let named = Command(rawValue: word) {
                command = named
                continue
            }
            guard let value = words.next() else {
                throw Misuse(description: "'\(word)' is no command, or lacks its value")
            }
            switch (word, Int(value)) {
            case ("--dir", _): folder = value
            case ("--home", _): home = value
            case ("--postgres", _): postgres = value
            case ("--events", let number?) where number > 0: events = number
            case ("--producers", let number?) where number > 0: producers = number
            case ("--rounds", let number?) where number > 0: rounds = number
            case ("--part", _) where VerificationBenchmark.Part(rawValue: value) != nil: part = .init(rawValue: value)
            default: throw Misuse(description: "'\(word) \(value)' is not understood")
            }
        }
    }
}
