import Concurrency

/// A bar on standard error, for somebody who watches; nothing otherwise.
final class ProgressBar: Sendable {
    private struct State {
        var done: UInt64 = 0
        var drawn: ContinuousClock.Instant?
    }

    private let console: Console
    private let label: String
    private let state = Locked(State())

    init(_ label: String, _ console: Console) { (self.label, self.console) = (label, console) }

    /// Moves on by one.
    func advance(of total: UInt64) {
        let done = state.withLock { state in
            state.done += 1
            return state.done
        }
        show(done, of: total)
    }

    /// Shows how much is done, ten times a second at most.
    func show(_ done: UInt64, of total: UInt64) {
        guard console.isWatched, !console.isQuiet else { return }
        let isDue = state.withLock { state in
            if let drawn = state.drawn, done < total, drawn.duration(to: .now) < .milliseconds(100) { return false }
            state.drawn = .now
            return true
        }
        if isDue { console.redraw(Self.text(label, done, of: total)) }
    }

    /// Takes the bar away, when there is one.
    func finish() {
        let isDrawn = state.withLock { state in
            defer { state.drawn = nil }
            return state.drawn != nil
        }
        if isDrawn { console.redraw("") }
    }

    static func text(_ label: String, _ done: UInt64, of total: UInt64) -> String {
        let share = total == 0 ? 1 : min(1, Double(done) / Double(total))
        let filled = Int(share * 30)
        let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: 30 - filled)
        return "\(label) \(bar) \(done) of \(total)"
    }
}
