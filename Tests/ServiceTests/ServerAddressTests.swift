import Testing

@testable import Service

@Suite struct `The address of a server` {
    @Test(arguments: [
        "postgresql://ana:p@ss@db/x", "postgresql://ana:p/ss@db/x", "postgresql://ana:p/s?s@db/x",
        "postgresql://ana:p%zz@db/x",
        "postgresql://db/x?password=50%", "postgresql://ana:p%@db/x",
    ])
    func `is refused where libpq would take a piece of the password for something else`(address: String) throws {
        let error = #expect(throws: SettingsError.self) {
            try Settings(flags: [:], environment: ["DATABASE_URL": address], file: [:])
        }
        #expect(error?.description.contains("p%zz") == false && error?.description.contains("ss@") == false)
    }

    @Test(arguments: [
        "postgresql://db/x", "postgres://ana@a:1,b:2/x?target_session_attrs=read-write", "postgresql://@/x?host=/a,/b",
        "postgresql://db:5432?user=ana&dbname=x", "postgresql://[::1]/x",
        "postgresql://ana%40realm:p%2Fw@[::1]:5432/x?sslrootcert=/a@b.crt",
    ])
    func `may name hosts, sockets and files`(address: String) throws {
        let settings = try Settings(flags: [:], environment: ["DATABASE_READ_URL": address], file: [:])
        #expect(settings.standbyURL == address)
    }

    @Test func `is never shown with a password, wherever that stands`() {
        #expect(ServerAddress.masked("postgresql://ana:secret@db/x") == "postgresql://ana:***@db/x")
        #expect(
            ServerAddress.masked("postgresql://db/x?user=a&password=secret&sslpassword=secret&sslmode=require")
                == "postgresql://db/x?user=a&password=***&sslpassword=***&sslmode=require")
        #expect(ServerAddress.masked("postgresql://db/x?password=secret") == "postgresql://db/x?password=***")
    }

    @Test func `that POSTGRES settings amount to holds a password as it is`() throws {
        let settings = try Settings(
            flags: [:],
            environment: [
                "POSTGRES_HOST": "db", "POSTGRES_USER": "ana@x", "POSTGRES_PASSWORD": "p@/:%?é", "POSTGRES_DB": "x y",
            ],
            file: [:])
        #expect(settings.databaseURL == "postgresql://ana%40x:p%40%2F%3A%25%3F%C3%A9@db:5432/x%20y")
    }
}
