import Crypto
import Storage
import StorageTestSupport
import Testing

@Suite struct `Every secret store` {
    private let origin = "log.example/secrets"
    private let patient = SHA256.hash(Array("patient".utf8))

    @Test(arguments: Backend.allCases) func `keeps a subject, its secret and its patient`(backend: Backend) async throws
    {
        let site = try backend.makeSite()
        let store = try site.openSecrets(origin)
        #expect(try await store.record(patient: patient) == nil)
        #expect(try await store.record(subject: "s1") == nil)
        #expect(
            try await store.insert(SubjectRecord(subject: "s1", wrapped: [1, 2], patient: patient)).subject == "s1")
        #expect(try await store.insert(SubjectRecord(subject: "s0", wrapped: [], patient: nil)).subject == "s0")
        for store in [store, try site.openSecrets(origin)] {
            #expect(try await store.record(patient: patient)?.subject == "s1")
            #expect(try await store.record(subject: "s1")?.wrapped == [1, 2])
            #expect(try await store.record(subject: "s0")?.wrapped == [])
            #expect(
                try await store.all() == [
                    SubjectRecord(subject: "s0", wrapped: [], patient: nil),
                    SubjectRecord(subject: "s1", wrapped: [1, 2], patient: patient),
                ])
        }
    }

    @Test(arguments: Backend.allCases) func `answers with the subject that a patient has already`(
        backend: Backend
    ) async throws {
        let store = try backend.makeSite().openSecrets(origin)
        _ = try await store.insert(SubjectRecord(subject: "s1", wrapped: [1], patient: patient))
        #expect(try await store.insert(SubjectRecord(subject: "s2", wrapped: [2], patient: patient)).subject == "s1")
        #expect(try await store.record(subject: "s2") == nil)
        #expect(try await store.all().count == 1)
    }

    @Test(arguments: Backend.allCases) func `refuses a subject twice, and harms no other`(backend: Backend) async throws
    {
        let store = try backend.makeSite().openSecrets(origin)
        _ = try await store.insert(SubjectRecord(subject: "s1", wrapped: [1], patient: patient))
        // All at once, so that a store that writes together what came together has them in one transaction.
        let refused = await withTaskGroup(of: String?.self) { group in
            for number in 0..<40 {
                let subject = number % 10 == 3 ? "s1" : "t\(number)"
                group.addTask {
                    let inserted = try? await store.insert(SubjectRecord(subject: subject, wrapped: [2], patient: nil))
                    return inserted == nil ? subject : nil
                }
            }
            return await group.reduce(into: [String]()) { refused, subject in if let subject { refused.append(subject) }
            }
        }
        #expect(refused == ["s1", "s1", "s1", "s1"])
        #expect(try await store.record(subject: "s1")?.wrapped == [1])
        #expect(try await store.all().count == 37)
    }

    @Test(arguments: Backend.allCases) func `lets one of many racing for a patient win`(backend: Backend) async throws {
        let site = try backend.makeSite()
        let stores = [try site.openSecrets(origin), try site.openSecrets(origin)]
        for round in 0..<10 {
            let patient = SHA256.hash([UInt8(round)])
            let winners = try await withThrowingTaskGroup(of: String.self, returning: Set<String>.self) { group in
                for racer in 0..<12 {
                    group.addTask {
                        let record = SubjectRecord(
                            subject: "s\(round)-\(racer)", wrapped: [UInt8(racer)], patient: patient)
                        return try await stores[racer % 2].insert(record).subject
                    }
                }
                return try await group.reduce(into: Set<String>()) { $0.insert($1) }
            }
            #expect(winners.count == 1)
            let winner = try #require(winners.first)
            #expect(try await stores[1].record(patient: patient)?.subject == winner)
            #expect(try await stores[0].record(subject: winner) != nil)
        }
        #expect(try await stores[0].all().count == 10)
    }

    @Test(arguments: Backend.allCases) func `keeps the subjects of two logs apart`(backend: Backend) async throws {
        let site = try backend.makeSite()
        let (one, two) = (try site.openSecrets("log.example/one"), try site.openSecrets("log.example/two"))
        _ = try await one.insert(SubjectRecord(subject: "s1", wrapped: [1], patient: patient))
        #expect(try await two.record(patient: patient) == nil)
        #expect(try await two.insert(SubjectRecord(subject: "s1", wrapped: [2], patient: patient)).subject == "s1")
        #expect(try await one.record(subject: "s1")?.wrapped == [1])
    }
}
