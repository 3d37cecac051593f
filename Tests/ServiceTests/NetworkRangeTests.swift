import Testing

@testable import Service

@Suite struct `The proxies of the settings` {
    private func settings(_ proxies: String) throws -> Settings {
        try Settings(flags: [:], environment: ["CXRLEDGER_PROXIES": proxies], file: [:])
    }

    @Test(arguments: [
        ("10.0.0.2", "10.0.0.2", true), ("10.0.0.2", "10.0.0.3", false), ("10.0.0.0/24", "10.0.0.255", true),
        ("10.0.0.0/24", "10.0.1.0", false), ("10.0.0.128/25", "10.0.0.127", false), ("0.0.0.0/0", "8.8.8.8", true),
        ("fd00::/64", "fd00::1:2", true), ("fd00::/64", "fd00:0:0:1::1", false), ("0.0.0.0/0", "::1", false),
        ("10.0.0.0/24", "db", false),
    ])
    func `hold the addresses of a network`(range: String, address: String, isInside: Bool) throws {
        #expect(try #require(NetworkRange(range)).contains(address) == isInside)
    }

    @Test(arguments: [
        "nginx", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "10.0.0", "fd00::/129", "10.0.0.1,,10.0.0.2,x",
    ])
    func `are addresses and networks, never names`(text: String) {
        let error = #expect(throws: SettingsError.self) { try settings(text) }
        #expect(error?.problems.map(\.name) == ["CXRLEDGER_PROXIES"])
    }

    @Test func `are shown as they were written`() throws {
        let shown = try settings("10.0.0.2, fd00::/64").effective.first { $0.name == "CXRLEDGER_PROXIES" }
        #expect(shown?.value == "10.0.0.2,fd00::/64")
    }

    @Test(arguments: [
        // The client of one proxy, and of two; what a client wrote itself stands to the left of the truth.
        ("10.0.0.2", ["192.0.2.7"], "192.0.2.7"), ("10.0.0.2", ["192.0.2.7, 10.0.0.3"], "192.0.2.7"),
        ("10.0.0.2", ["1.1.1.1, 192.0.2.7"], "192.0.2.7"), ("10.0.0.2", ["1.1.1.1", "192.0.2.7"], "192.0.2.7"),
        // Whoever is no proxy is believed nothing, and what is no address is nobody.
        ("192.0.2.7", ["1.1.1.1"], "192.0.2.7"), ("10.0.0.2", [], "10.0.0.2"), ("10.0.0.2", ["unknown"], "10.0.0.2"),
        ("10.0.0.2", ["1.1.1.1, , 10.0.0.3"], "10.0.0.3"), ("10.0.0.2", ["10.0.0.3"], "10.0.0.3"),
    ])
    func `say who a client is, as far as they are believed`(peer: String, forwarded: [String], client: String) throws {
        #expect(try settings("10.0.0.2,10.0.0.3").client(peer: peer, forwarded: forwarded) == client)
    }

    @Test func `are nobody unless they are named`() throws {
        #expect(Settings().client(peer: "10.0.0.2", forwarded: ["1.1.1.1"]) == "10.0.0.2")
    }
}
