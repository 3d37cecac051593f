import Concurrency
import Ledger
import Testing

@testable import Service

@Suite struct `A session` {
    private let time = Locked(Timestamp(microseconds: 1_000_000))

    private func pass(minutes: Int64) {
        time.withLock { $0 = Timestamp(microseconds: $0.microseconds + minutes * 60_000_000) }
    }

    @Test func `ends after half an hour of rest`() {
        let sessions = Sessions { [time] in time.withLock { $0 } }
        let token = sessions.open(keyDigest: "d").token
        pass(minutes: 29)
        #expect(sessions.session(token: token)?.keyDigest == "d")
        pass(minutes: 29)
        #expect(sessions.session(token: token) != nil)
        pass(minutes: 30)
        #expect(sessions.session(token: token) == nil)
    }

    @Test func `ends after twelve hours, however busy it was`() {
        let sessions = Sessions { [time] in time.withLock { $0 } }
        let token = sessions.open(keyDigest: "d").token
        for _ in 0..<47 {
            pass(minutes: 15)
            #expect(sessions.session(token: token) != nil)
        }
        pass(minutes: 15)
        #expect(sessions.session(token: token) == nil)
    }

    @Test func `makes place for a new one by ending the one that rested longest`() {
        let sessions = Sessions { [time] in time.withLock { $0 } }
        let first = sessions.open(keyDigest: "first").token
        pass(minutes: 1)
        let others = (0..<10_000).map { _ in sessions.open(keyDigest: "other").token }
        #expect(sessions.session(token: first) == nil)
        #expect(others.allSatisfy { sessions.session(token: $0) != nil })
    }
}

@Suite struct `Refused keys` {
    @Test func `from very many addresses are still counted`() {
        let failures = AuthenticationFailures { Timestamp(microseconds: 0) }
        for number in 0..<10_005 { _ = failures.add(address: "a\(number)", credential: nil) }
        // The first of them that had no window of its own opened the shared one.
        #expect(failures.ended(all: true) == [.init(address: "", count: 4, credential: nil)])
    }
}
