import Concurrency

/// A bar on standard error, for somebody who watches; nothing otherwise.
final class ProgressBar: Sendable {
    private struct State {
        var done: UInt64 = 0
        var drawn: ContinuousClock.Instant?
        /// When it was first shown, and how much was done then.
        var begun: (time: ContinuousClock.Instant, done: UInt64)?
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
        let text: String? = state.withLock { state in
            let now = ContinuousClock.now
            if let drawn = state.drawn, done < total, drawn.duration(to: now) < .milliseconds(100) { return nil }
            state.drawn = now
            let begun = state.begun ?? (now, done)
            state.begun = begun
            return Self.text(label, done, of: total)
                + Self.remaining(
                    total - min(done, total), after: done - min(begun.done, done), in: begun.time.duration(to: now))
        }
        if let text { console.redraw(text) }
    }

    /// Takes the bar away, when there is one.
    func finish() {
        let isDrawn = state.withLock { state in
            defer { state.drawn = nil }
            return state.drawn != nil
        }
        if isDrawn { console.redraw("") }
    }

    /// How long the rest takes when it goes on like this; nothing as long as nobody can tell.
    static func remaining(_ rest: UInt64, after done: UInt64, in time: Duration) -> String {
        guard done > 0, rest > 0, time >= .seconds(2) else { return "" }
        let seconds = Int64((time / .seconds(1) * Double(rest) / Double(done)).rounded(.up))
        return seconds < 120 ? ", \(seconds) s left" : ", \(seconds / 60) min left"
    }

    static func text(_ label: String, _ done: UInt64, of total: UInt64) -> String {
        let share = total == 0 ? 1 : min(1, Double(done) / Double(total))
        let filled = Int(share * 30)
        let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: 30 - filled)
        return "\(label) \(bar) \(done) of \(total)"
    }
}
