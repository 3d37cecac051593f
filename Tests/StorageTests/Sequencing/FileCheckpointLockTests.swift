import Crypto
import Foundation
import Ledger
import Storage
import StorageTestSupport
import Testing

@Suite struct `A checkpoint lock in a file` {
    private let folder: TestFolder
    private let path: String
    private let signer = NoteSigner(name: "log.example/lock", key: .generate())

    init() throws {
        folder = try TestFolder()
        path = folder.path + "/checkpoint"
    }

    private func note(_ size: UInt64) -> String {
        Checkpoint(origin: signer.name, size: size, root: SHA256.hash([UInt8(size & 0xFF)])).sign(with: signer)
    }

    private func bytes() throws -> [UInt8] { try [UInt8](Data(contentsOf: URL(filePath: path))) }

    private func write(_ bytes: [UInt8]) throws { try Data(bytes).write(to: URL(filePath: path)) }

    @Test func `is empty and whole at first`() throws {
        let lock = try FileCheckpointLock(path: path)
        #expect(try lock.current() == nil)
        #expect(try lock.damage() == nil)
        #expect(try lock.notes() == [])
    }

    @Test func `keeps the last two checkpoints, in turn, and knows the later one`() throws {
        let lock = try FileCheckpointLock(path: path)
        for size in 1...7 as ClosedRange<UInt64> {
            try lock.advance(to: note(size), size: size)
            #expect(try lock.current() == note(size))
            #expect(Set(try lock.notes()) == Set([note(size)] + (size > 1 ? [note(size - 1)] : [])))
            #expect(try bytes().count <= 8_192)
            #expect(try FileCheckpointLock(path: path).current() == note(size))
        }
        #expect(try lock.damage() == nil)
    }

    @Test func `never goes back, and keeps the first of one size`() throws {
        let lock = try FileCheckpointLock(path: path)
        try lock.advance(to: note(9), size: 9)
        let other = Checkpoint(origin: signer.name, size: 9, root: .zero).sign(with: signer)
        #expect(throws: StorageError(.corrupt)) { try lock.advance(to: other, size: 9) }
        try lock.advance(to: note(9), size: 9)
        try lock.advance(to: note(3), size: 3)
        #expect(try lock.current() == note(9))
        #expect(try lock.notes() == [note(9)])
    }

    /// Whatever part of a slot was written when power was lost: all earlier bytes, all later ones, or none.
    @Test(arguments: Array(stride(from: 0, through: 4_096, by: 64)), [true, false])
    func `survives a torn write`(torn: Int, isHeadWritten: Bool) throws {
        let lock = try FileCheckpointLock(path: path)
        for size in [98, 99] as [UInt64] { try lock.advance(to: note(size), size: size) }
        let before = try bytes()
        try lock.advance(to: note(100), size: 100)
        let after = try bytes()
        #expect(before[4_096...] == after[4_096...])
        let split = isHeadWritten ? Array(after[..<torn] + before[torn...]) : Array(before[..<torn] + after[torn...])
        try write(split)
        let survivor = try FileCheckpointLock(path: path)
        let found = try #require(try survivor.current())
        // Notes of one length differ at their start only, so parts of both may make neither.
        #expect([note(99), note(100)].contains(found))
        try survivor.advance(to: note(101), size: 101)
        #expect(try FileCheckpointLock(path: path).current() == note(101))
        #expect(try FileCheckpointLock(path: path).notes().contains(found))
    }

    @Test func `does not take a whole damaged file for an empty one`() throws {
        try write([UInt8](repeating: 0x58, count: 8_192))
        let lock = try FileCheckpointLock(path: path)
        #expect(try lock.current() == nil)
        #expect(try lock.damage() != nil)
    }

    @Test func `shows every flipped bit as damage or as a note that is not signed`() throws {
        let lock = try FileCheckpointLock(path: path)
        for size in [98, 99] as [UInt64] { try lock.advance(to: note(size), size: size) }
        let whole = try bytes()
        let file = try FileHandle(forUpdating: URL(filePath: path))
        func put(_ byte: UInt8, at position: Int) throws {
            try file.seek(toOffset: UInt64(position))
            try file.write(contentsOf: [byte])
        }
        var unseen: [Int] = []
        // Every byte of the notes, and some of the zeros behind them.
        for position in whole.indices where whole[position] != 0 || position % 61 == 0 {
            try put(whole[position] ^ 1 << UInt8(position % 8), at: position)
            let notes = try lock.notes().filter { (try? Checkpoint(note: $0, signedBy: [signer.verifierKey])) != nil }
            if try lock.damage() == nil, notes.count == 2 { unseen.append(position) }
            try put(whole[position], at: position)
        }
        #expect(unseen == [])
    }

    /// 98 is in the first slot, 99 in the second; the file has its full length from the first write on.
    @Test(
        arguments: [
            (0, nil, false), (1, nil, true), (100, nil, true), (4_095, 98, true), (4_096, 98, true), (4_097, 98, true),
            (8_191, 99, true), (8_192, 99, false),
            (8_193, 98, true), (9_000, 98, true),
        ] as [(Int, UInt64?, Bool)])
    func `reads what a file of another length still holds`(length: Int, size: UInt64?, isDamaged: Bool) throws {
        let lock = try FileCheckpointLock(path: path)
        for size in [98, 99] as [UInt64] { try lock.advance(to: note(size), size: size) }
        try write(Array((try bytes() + [UInt8](repeating: 0x31, count: 1_000)).prefix(length)))
        #expect(try lock.current() == size.map(note))
        #expect(try (lock.damage() != nil) == isDamaged)
    }

    @Test func `is created for its owner only`() throws {
        _ = try FileCheckpointLock(path: path)
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
    }

    @Test func `says which folder is missing`() {
        #expect(throws: StorageError(.unavailable)) { try FileCheckpointLock(path: folder.path + "/none/checkpoint") }
    }

    /// Python's `flock` on the same file is another process by any measure.
    @Test func `waits for another process`() async throws {
        let lock = try FileCheckpointLock(path: path)
        let holder = Process()
        holder.executableURL = URL(filePath: "/usr/bin/flock")
        holder.arguments = [path, "sh", "-c", "echo held; read line"]
        let (input, output) = (Pipe(), Pipe())
        (holder.standardInput, holder.standardOutput) = (input, output)
        try holder.run()
        #expect(output.fileHandleForReading.availableData == Data("held\n".utf8))
        let advanced = Signal()
        let hasAdvanced = Sizes()
        let note = note(5)
        Thread.detachNewThread {
            try? lock.advance(to: note, size: 5)
            hasAdvanced.add(5)
            advanced.send()
        }
        try await Task.sleep(for: .milliseconds(100))
        #expect(hasAdvanced.all == [])
        #expect(try lock.notes() == [])
        try input.fileHandleForWriting.write(contentsOf: Data("\n".utf8))
        await advanced.received()
        #expect(try lock.current() == note)
        holder.waitUntilExit()
    }

    @Test func `keeps the largest of many writers`() async throws {
        let locks = try (0..<4).map { _ in try FileCheckpointLock(path: path) }
        await withTaskGroup(of: Void.self) { group in
            for (number, lock) in locks.enumerated() {
                group.addTask {
                    for size in 0..<50 as Range<UInt64> {
                        let size = size * 4 + UInt64(number) + 1
                        try? lock.advance(to: note(size), size: size)
                    }
                }
            }
        }
        #expect(try locks[0].current() == note(200))
        #expect(try locks[0].damage() == nil)
    }
}
