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
    private let failures = AuthenticationFailures { Timestamp(microseconds: 0) }

    @Test func `are one event a window, with the count of the others`() {
        #expect(failures.add(address: "192.0.2.1", credential: nil)?.count == 1)
        for _ in 0..<4 { #expect(failures.add(address: "192.0.2.1", credential: nil) == nil) }
        #expect(failures.add(address: "192.0.2.2", credential: nil)?.count == 1)
        #expect(failures.ended(all: true).map(\.count) == [4])
    }

    /// Who tries a stolen key among many guesses is not lost among them.
    @Test func `of a former credential have a window of their own`() {
        for _ in 0..<9 { _ = failures.add(address: "192.0.2.1", credential: nil) }
        #expect(failures.add(address: "192.0.2.1", credential: "c1")?.origin.credential == "c1")
        _ = failures.add(address: "192.0.2.1", credential: "c1")
        #expect(Set(failures.ended(all: true).map(\.count)) == [8, 1])
    }

    @Test func `from one network of IPv6 are counted together`() {
        let first = failures.add(address: "2001:db8:1:2:3:4:5:6", credential: nil)
        #expect(first?.origin.network == "2001:db8:1:2::/64")
        let further = (0..<150).compactMap { failures.add(address: "2001:db8:1:2::\($0)", credential: nil)?.count }
        #expect(further == [10, 100])  // so much less is forgotten when the process is killed
        #expect(failures.ended(all: true).map(\.count) == [40])
    }

    @Test func `from very many networks share a window, and are still counted`() {
        let counted = (0..<10_000).compactMap { failures.add(address: "a\($0)", credential: nil)?.count }
        #expect(counted.count == 104)
        let ended = failures.ended(all: true)
        #expect(ended.map(\.origin.network) == [""])
        #expect((counted + ended.map(\.count)).reduce(0, +) == 10_000)
    }
}
