public import Crypto

/// A checkpoint with the word of a time-stamp authority that it existed: what a `CheckpointTimestamped` event holds.
public struct CheckpointStamp: Sendable {
    /// The signed note that was stamped, and what it says; its own signatures are not verified by this.
    public let note: String
    public let checkpoint: Checkpoint
    public let token: TimestampToken

    /// Takes the fields of the event.
    ///
    /// - Parameters:
    ///   - checkpoint: Base64 of the signed note.
    ///   - token: Base64 of the DER of the token.
    ///   - size: of the tree, as the event says it.
    ///   - root: in hex, as the event says it.
    /// - Throws: `.field` unless they belong together; `.note`, `.checkpoint`.
    public init(checkpoint: String, token: String, size: UInt64, root: String) throws(LedgerError) {
        guard let bytes = Base64.decode(checkpoint), let note = String(validating: bytes, as: UTF8.self) else {
            throw LedgerError(.field, "checkpoint")
        }
        guard let der = Base64.decode(token), let read = try? TimestampToken(der: der) else {
            throw LedgerError(.field, "token")
        }
        let said = try Checkpoint(note: note)
        guard said.size == size, said.root.hex == root else { throw LedgerError(.field, "size or root") }
        guard read.imprint == SHA256.hash(bytes) else { throw LedgerError(.field, "the token is for other bytes") }
        (self.note, self.checkpoint, self.token) = (note, said, read)
    }

    /// Verifies that a trusted authority stamped the note.
    ///
    /// - Returns: the authority's time.
    /// - Throws: `.signature` when none did; `.field` for a time that is none.
    public func verify(authorities: TimestampAuthorities) throws(LedgerError) -> Timestamp {
        do { try token.verify(imprint: token.imprint, authorities: authorities) } catch {
            throw LedgerError(.signature, "\(error)")
        }
        guard let time = Timestamp(token.time) else { throw LedgerError(.field, "time") }
        return time
    }
}
