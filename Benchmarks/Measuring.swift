import Glibc

/// The middle one; the mean of the two middle ones would be no measurement.
func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

/// The seconds that `body` takes.
func seconds<Failure: Error>(_ body: () throws(Failure) -> Void) throws(Failure) -> Double {
    let begun = ContinuousClock.now
    try body()
    return begun.duration(to: .now) / .seconds(1)
}

/// The seconds that `body` takes, waiting included.
func seconds<Failure: Error>(_ body: () async throws(Failure) -> Void) async throws(Failure) -> Double {
    let begun = ContinuousClock.now
    try await body()
    return begun.duration(to: .now) / .seconds(1)
}

/// A number with so many digits after the point.
func decimal(_ number: Double, _ digits: Int) -> String {
    let scale = (0..<digits).reduce(1.0) { scale, _ in scale * 10 }
    let rounded = Int((abs(number) * scale).rounded())
    let fraction = String(rounded % Int(scale))
    let padding = String(repeating: "0", count: max(0, digits - fraction.count))
    return (number < 0 ? "-" : "") + String(rounded / Int(scale)) + (digits > 0 ? "." + padding + fraction : "")
}

/// Prints one line of a table: a name, then figures, separated by tabs.
func report(_ name: String, _ figures: String...) {
    print(([name] + figures).joined(separator: "\t"))
    fflush(nil)
}

/// Stops the optimiser from deleting work whose result nobody reads.
@inline(never) @_optimize(none) func keep<Value>(_ value: Value) {}
