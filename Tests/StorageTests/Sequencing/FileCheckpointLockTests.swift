import Concurrency
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
            try lock.move(to: note(size))
            #expect(try lock.current() == note(size))
            #expect(Set(try lock.notes()) == Set([note(size)] + (size > 1 ? [note(size - 1)] : [])))
            #expect(try bytes().count <= 8_192)
            #expect(try FileCheckpointLock(path: path).current() == note(size))
        }
        #expect(try lock.damage() == nil)
    }

    @Test func `moves only from the note that was expected, and names the one it found`() throws {
        let lock = try FileCheckpointLock(path: path)
        #expect(try lock.advance(from: note(1), to: note(9)) == nil)
        #expect(try lock.advance(from: nil, to: note(9)) == note(9))
        #expect(try lock.advance(from: nil, to: note(10)) == note(9))
        let other = Checkpoint(origin: signer.name, size: 9, root: .zero).sign(with: signer)
        #expect(try lock.advance(from: other, to: note(10)) == note(9))
        #expect(try lock.notes() == [note(9)])
        #expect(try lock.advance(from: note(9), to: note(10)) == note(10))
    }

    @Test func `never goes back, and keeps the first of one size`() throws {
        let lock = try FileCheckpointLock(path: path)
        try lock.move(to: note(9))
        let other = Checkpoint(origin: signer.name, size: 9, root: .zero).sign(with: signer)
        for note in [other, note(9), note(3), "no checkpoint"] {
            #expect(throws: StorageError(.incompatible)) { try lock.move(to: note) }
        }
        #expect(try lock.notes() == [note(9)])
    }

    @Test func `is not used on when its file is replaced or removed`() throws {
        let lock = try FileCheckpointLock(path: path)
        try lock.move(to: note(1))
        try FileManager.default.moveItem(atPath: path, toPath: path + ".old")
        for _ in 0..<2 {
            #expect(throws: StorageError(.unavailable)) { try lock.current() }
            #expect(throws: StorageError(.unavailable)) { try lock.advance(from: note(1), to: note(2)) }
            _ = try FileCheckpointLock(path: path)
        }
        try FileManager.default.removeItem(atPath: path)
        try FileManager.default.moveItem(atPath: path + ".old", toPath: path)
        try lock.move(to: note(2))
    }

    /// Whatever part of a slot was written when power was lost: all earlier bytes, all later ones, or none.
    @Test(arguments: Array(stride(from: 0, through: 4_096, by: 64)), [true, false])
    func `survives a torn write`(torn: Int, isHeadWritten: Bool) throws {
        let lock = try FileCheckpointLock(path: path)
        for size in [98, 99] as [UInt64] { try lock.move(to: note(size)) }
        let before = try bytes()
        try lock.move(to: note(100))
        let after = try bytes()
        #expect(before[4_096...] == after[4_096...])
        let split = isHeadWritten ? Array(after[..<torn] + before[torn...]) : Array(before[..<torn] + after[torn...])
        try write(split)
        let survivor = try FileCheckpointLock(path: path)
        let found = try #require(try survivor.current())
        // Notes of one length differ at their start only, so parts of both may make neither.
        #expect([note(99), note(100)].contains(found))
        try survivor.move(to: note(101))
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
        for size in [98, 99] as [UInt64] { try lock.move(to: note(size)) }
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
        for size in [98, 99] as [UInt64] { try lock.move(to: note(size)) }
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

    /// Another process that has its turn, until it can read a line.
    private func holder(_ input: Pipe) throws -> Process {
        let holder = Process()
        holder.executableURL = URL(filePath: "/usr/bin/flock")
        holder.arguments = [path, "sh", "-c", "echo held; read line"]
        let output = Pipe()
        (holder.standardInput, holder.standardOutput) = (input, output)
        try holder.run()
        #expect(output.fileHandleForReading.availableData == Data("held\n".utf8))
        return holder
    }

    @Test func `does not wait for ever for a process that was stopped in its turn`() throws {
        let lock = try FileCheckpointLock(path: path, patience: .milliseconds(100))
        try lock.move(to: note(1))
        let input = Pipe()
        let stopped = try holder(input)
        for _ in 0..<2 {
            #expect(throws: StorageError(.unavailable)) { try lock.advance(from: note(1), to: note(2)) }
            #expect(try lock.current() == note(1))
        }
        try input.fileHandleForWriting.write(contentsOf: Data("\n".utf8))
        stopped.waitUntilExit()
        try lock.move(to: note(2))
    }

    @Test func `waits for another process`() async throws {
        let lock = try FileCheckpointLock(path: path, patience: .seconds(60))
        let input = Pipe()
        let holder = try holder(input)
        let advanced = Signal()
        let hasAdvanced = Sizes()
        let note = note(5)
        Thread.detachNewThread {
            try? lock.move(to: note)
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

    @Test func `is moved by one of many writers at a time`() async throws {
        let locks = try (0..<4).map { _ in try FileCheckpointLock(path: path) }
        let moves = Locked<[UInt64]>([])
        await withTaskGroup(of: Void.self) { group in
            for lock in locks {
                group.addTask {
                    var size: UInt64 = 0
                    while size < 200 {
                        let expected = size == 0 ? nil : note(size)
                        guard let found = try? lock.advance(from: expected, to: note(size + 1)) else { continue }
                        if found == note(size + 1) { moves.withLock { $0.append(size + 1) } }
                        size = (try? Checkpoint(note: found).size) ?? size
                    }
                }
            }
        }
        // Each step was made by one, though several asked for the same: whose was first is not to be seen in the note.
        #expect(Set(moves.withLock { $0 }) == Set(1...200))
        #expect(try locks[0].current() == note(200))
        #expect(try locks[0].damage() == nil)
    }
}

extension FileCheckpointLock {
    /// Advances from wherever it is.
    fileprivate func move(to note: String) throws { #expect(try advance(from: current(), to: note) == note) }
}
