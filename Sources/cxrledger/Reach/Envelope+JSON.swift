import CanonicalJSON
import Ledger

extension Envelope {
    /// The envelope as JSON, equal to the stored bytes it was read from.
    var json: JSONValue {
        (try? JSONValue.parse(canonicalBytes)) ?? .null  // what was read as an envelope is written as one
    }
}
