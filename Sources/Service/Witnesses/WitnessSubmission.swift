import Crypto
import HTTPClient
import Ledger

/// One checkpoint brought to one witness: add-checkpoint, with a new proof when the witness names another size.
struct WitnessSubmission: Sendable {
    /// What came of it.
    enum Outcome: Sendable, Equatable {
        /// The note with the witness' cosignature, which was verified.
        case cosigned(SignedNote)
        /// It cosigned a larger tree of this log already.
        case ahead(UInt64)
        /// It would not, in spite of a proof; an HTTP status and a code.
        case refused(status: Int, detail: String)
        /// It could not be asked, or its answer is no answer; a code.
        case failed(String)
    }

    let note: SignedNote
    let size: UInt64
    let witness: Policy.Witness
    let client: HTTPClient
    /// Proves that the tree of the first size is the beginning of the second.
    let proof: @Sendable (_ old: UInt64, _ new: UInt64) async throws(ServiceError) -> [Digest]

    /// How often a proof is built anew: the witness may be given newer checkpoints at the same time.
    private static let attempts = 4

    /// Asks the witness, which was last known to have cosigned a tree of `known` entries.
    ///
    /// - Returns: the outcome, and the size that the witness named when it differed.
    func run(known: UInt64) async -> (outcome: Outcome, named: UInt64?) {
        var (old, named) = (known, UInt64?.none)
        for _ in 0..<Self.attempts {
            guard old <= size else { return (.ahead(old), named) }
            let response: HTTPClientResponse
            do throws(ServiceError) {
                let hashes = try await old > 0 && old < size ? proof(old, size) : []
                response = try await send(AddCheckpoint(old: old, hashes: hashes, note: note).body)
            } catch { return (.failed(error.code), named) }
            switch response.status {
            case 200:
                let cosigned = try? note.adding(answer: response.body, of: witness.key)
                return (cosigned.map { .cosigned($0) } ?? .failed("answer-invalid"), named)
            case 409:
                guard let size = Self.size(response), size != old else { return (.failed("answer-invalid"), named) }
                (old, named) = (size, size)
            case 400: return (.refused(status: 400, detail: "malformed"), named)
            case 403: return (.refused(status: 403, detail: "untrusted"), named)
            case 404: return (.refused(status: 404, detail: "unknown-log"), named)
            case 422: return (.refused(status: 422, detail: "inconsistent"), named)
            default: return (.failed("status-\(response.status)"), named)
            }
        }
        return (.failed("busy"), named)
    }

    private func send(_ body: [UInt8]) async throws(ServiceError) -> HTTPClientResponse {
        let prefix = (witness.url ?? "").trimmingSlashes
        do {
            return try await client.send(
                "POST", url: prefix + "/add-checkpoint",
                headers: [("Content-Type", "text/plain; charset=utf-8")], body: body)
        } catch { throw ServiceError(.unavailable, error.code.rawValue, error.description) }
    }

    /// The size that a witness says it cosigned last.
    private static func size(_ response: HTTPClientResponse) -> UInt64? {
        guard response.header("Content-Type")?.hasPrefix("text/x.tlog.size") == true, response.body.count <= 21,
            response.body.last == 0x0A
        else { return nil }
        let text = String(decoding: response.body.dropLast(), as: UTF8.self)
        return UInt64(text).flatMap { String($0) == text ? $0 : nil }
    }
}

extension String {
    /// Without slashes at the end.
    fileprivate var trimmingSlashes: String {
        var text = self[...]
        while text.last == "/" { text.removeLast() }
        return String(text)
    }
}
