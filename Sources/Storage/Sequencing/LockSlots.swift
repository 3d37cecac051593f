import Ledger

/// What the file of a checkpoint lock says: its bytes, and the checkpoints in them.
struct LockSlots: Sendable {
    static let slotSize = 4_096

    /// One of the two places for a signed note.
    struct Slot: Sendable {
        let checkpoint: (note: String, size: UInt64)?
        let isDamaged: Bool
    }

    /// The file, with zeros for what it lacks, and one byte more, which it must not have.
    let bytes: [UInt8]
    let slots: [Slot]

    init(_ bytes: [UInt8]) {
        precondition(bytes.count == 2 * Self.slotSize + 1, "a lock is read whole")
        self.bytes = bytes
        slots = [0, 1].map { number in
            let slot = bytes[(number * Self.slotSize)..<((number + 1) * Self.slotSize)]
            guard let end = slot.firstIndex(of: 0), end > slot.startIndex else {
                return Slot(checkpoint: nil, isDamaged: !slot.allSatisfy { $0 == 0 })
            }
            let tail = number == 1 ? bytes[end...] : bytes[end..<slot.endIndex]
            guard tail.allSatisfy({ $0 == 0 }), let note = String(validating: slot[..<end], as: UTF8.self),
                let checkpoint = try? Checkpoint(note: note)
            else { return Slot(checkpoint: nil, isDamaged: true) }  // a torn slot does not count
            return Slot(checkpoint: (note, checkpoint.size), isDamaged: false)
        }
    }

    static let empty = LockSlots([UInt8](repeating: 0, count: 2 * slotSize + 1))

    /// The released checkpoint: that of the larger tree.
    var current: (note: String, size: UInt64)? { slots.compactMap(\.checkpoint).max { $0.size < $1.size } }

    /// The slot that the next checkpoint goes to.
    var older: Int { (slots[0].checkpoint?.size ?? 0) <= (slots[1].checkpoint?.size ?? 0) ? 0 : 1 }
}
