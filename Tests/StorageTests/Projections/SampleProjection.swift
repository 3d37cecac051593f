import CanonicalJSON
import Ledger
import Storage

/// Remembers each event that carries a number, and the sum of each stream, in two tables.
struct SampleProjection: FollowingProjection {
    var name = "numbers"
    var version = 1
    var types: Set<String>?
    /// The number that it cannot take.
    var poison: Int64?

    var numbers: Table {
        Table(
            name: name,
            columns: [.init("event", .text), .init("place", .integer), .init("stream", .text), .init("n", .integer)],
            indexes: [["place"], .sparse("stream", "place")])
    }

    var marks: Table {
        Table(name: name + "_marks", columns: [.init("place", .integer), .init("mark", .text)], indexes: [])
    }

    var tables: [Table] { [numbers, marks] }

    func changes(for event: LoggedEvent) -> [TableChange] {
        let place = TableValue.integer(Int64(event.index))
        if let changed = event.envelope.parsedPayload()["changes"]?.stringValue {
            return [.update(table: name, key: .text(changed), set: ["n": .null, "stream": .text("changed")])]
        }
        guard let number = event.envelope.parsedPayload()["n"]?.integerValue else { return [] }
        let row: [TableValue] = [
            .text(event.envelope.id), place, .optional(number % 3 == 0 ? nil : event.envelope.stream), .integer(number),
        ]
        let insertion = TableChange.insert(table: name, row: row)
        return [insertion, .insert(table: name + "_marks", row: [place, .text("m\(number)")])]
            + (number == poison ? [insertion] : [])
    }
}
