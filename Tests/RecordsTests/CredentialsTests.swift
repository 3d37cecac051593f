import Records
import Testing

@Suite struct `A credential` {
    let administrator = CredentialIssued(
        credential: "c0", name: "administrator", role: .administrator, digest: "d0", bootstrap: true)
    let clinician = CredentialIssued(credential: "c1", name: "Ana", role: .clinician, digest: "d1", bootstrap: false)

    var state: Credentials.State {
        Credentials.replay([.credentialIssued(administrator), .credentialIssued(clinician)])
    }

    @Test func `open the door by their digest`() {
        #expect(state.credential(digest: "d1")?.id == "c1")
        #expect(state.credential(digest: "d9") == nil)
    }

    @Test func `end with the old secret when they are rotated`() throws {
        let events = try Credentials.decide(.rotate(credential: "c1", digest: "d2", by: .administrator), in: state)
        let rotated = Credentials.replay([.credentialIssued(administrator), .credentialIssued(clinician)] + events)
        #expect(rotated.credential(digest: "d1") == nil)
        #expect(rotated.formerOwner(digest: "d1") == "c1")
        #expect(rotated.credential(digest: "d2")?.id == "c1")
    }

    /// Whoever rotates a key sees the new one.
    @Test(arguments: Role.allCases, Role.allCases) func `are rotated only by a role that may do as much`(
        owner: Role, other: Role
    ) throws {
        let issued = CredentialIssued(credential: "c1", name: "n", role: owner, digest: "d1", bootstrap: false)
        let command = Credentials.Command.rotate(credential: "c1", digest: "d2", by: other)
        let state = Credentials.replay([.credentialIssued(issued)])
        if other == owner || other == .administrator {
            #expect(try Credentials.decide(command, in: state).count == 1)
        } else {
            #expect(throws: Rejection.credentialOfWiderRole) { try Credentials.decide(command, in: state) }
        }
    }

    @Test func `stay closed after they were revoked`() throws {
        let events = try Credentials.decide(.revoke(credential: "c1", reason: "left"), in: state)
        let revoked = Credentials.replay([.credentialIssued(administrator), .credentialIssued(clinician)] + events)
        #expect(revoked.credential(digest: "d1") == nil)
        #expect(throws: Rejection.credentialRevoked) {
            try Credentials.decide(.rotate(credential: "c1", digest: "d2", by: .administrator), in: revoked)
        }
    }

    @Test func `keep at least one administrator`() {
        #expect(throws: Rejection.lastAdministrator) {
            try Credentials.decide(.revoke(credential: "c0", reason: ""), in: state)
        }
    }

    @Test(arguments: ["", String(repeating: "x", count: 101), "a\nb"])
    func `have a printable name`(name: String) {
        let issued = CredentialIssued(credential: "c2", name: name, role: .auditor, digest: "d3", bootstrap: false)
        #expect(throws: Rejection.nameInvalid) { try Credentials.decide(.issue(issued), in: state) }
    }
}

@Suite struct `A role` {
    @Test func `deny by default`() {
        #expect(!Role.clinician.holds(.modelActivate))
        #expect(!Role.auditor.holds(.predictionCreate))
        #expect(!Role.auditor.holds(.patientRead))
        #expect(!Role.operator.holds(.imageRead))
        #expect(!Role.security.holds(.predictionRead))
        #expect(!Role.security.holds(.credentialIssue))
    }

    @Test func `leave to the administrator alone who comes in, what signs, and what lists pass over`() {
        let others = Set(Role.allCases.filter { $0 != .administrator }.flatMap(\.permissions))
        #expect(Set(Permission.allCases).subtracting(others) == [.credentialIssue, .keyManage, .listSkip])
    }
}
