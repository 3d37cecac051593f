// swift-tools-version: 6.3
import PackageDescription

let upcoming = [
    "ExistentialAny", "InternalImportsByDefault", "MemberImportVisibility",
    "InferIsolatedConformances", "NonisolatedNonsendingByDefault", "ImmutableWeakCaptures",
]
let common: [SwiftSetting] =
    [.swiftLanguageMode(.v6), .treatAllWarnings(as: .error)] + upcoming.map { .enableUpcomingFeature($0) }
/// Product code spells every unsafe use `unsafe`; tests may relax this.
let library = common + [.strictMemorySafety()]
/// Kernels and codecs are optimised in debug builds too, where they would otherwise be 20 to 30 times slower.
let optimised: [CSetting] = [.unsafeFlags(["-O3"])]
/// So are the modules that hash, parse and verify by the million: half of the time of the tests was theirs.
let hot = library + [.unsafeFlags(["-O"], .when(configuration: .debug))]

/// One module of the architecture; the order of this list is the order of dependency (docs/architecture.md).
func module(
    _ name: String, _ dependencies: [Target.Dependency] = [], resources: [Resource]? = nil,
    settings: [SwiftSetting] = library
) -> Target {
    .target(name: name, dependencies: dependencies, resources: resources, swiftSettings: settings)
}

/// The tests that mirror one module; some read files of a folder `Fixtures` beside them.
func tests(_ name: String, _ dependencies: [Target.Dependency] = [], hasFixtures: Bool = false) -> Target {
    .testTarget(
        name: name, dependencies: dependencies, exclude: hasFixtures ? ["Fixtures"] : [], swiftSettings: common)
}

let package = Package(
    name: "cxrledger",
    targets: [
        .systemLibrary(name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CPKCS11", pkgConfig: "p11-kit-1", providers: [.apt(["libp11-kit-dev"])]),
        .systemLibrary(name: "CSodium", pkgConfig: "libsodium", providers: [.apt(["libsodium-dev"])]),
        .systemLibrary(name: "CPostgres", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
        .systemLibrary(name: "CZip", pkgConfig: "libzip", providers: [.apt(["libzip-dev"])]),
        .systemLibrary(name: "CClock"),
        .systemLibrary(name: "CMicroHTTPD", pkgConfig: "libmicrohttpd", providers: [.apt(["libmicrohttpd-dev"])]),
        .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "CArchive", pkgConfig: "libarchive", providers: [.apt(["libarchive-dev"])]),
        .target(
            name: "CImageCodecs", cSettings: optimised,
            linkerSettings: [.linkedLibrary("jpeg"), .linkedLibrary("png16")]),
        .target(name: "CKernels", cSettings: optimised),

        module("Concurrency"),
        module("CanonicalJSON", settings: hot),
        module("Records", ["CanonicalJSON"]),
        module("Crypto", ["COpenSSL", "CSodium"], settings: hot),
        module("PKCS11", ["CPKCS11", "Concurrency", "Crypto"]),
        module("Ledger", ["CanonicalJSON", "Concurrency", "Crypto"], settings: hot),
        module("Archive", ["CArchive"]),
        module("Verifier", ["CanonicalJSON", "Concurrency", "Crypto", "Ledger"], settings: hot),
        module("Imaging", ["CImageCodecs"]),
        module("Inference", ["CZip", "CKernels", "Concurrency"], settings: hot),
        module("Storage", ["Concurrency", "Ledger", "Records", "Crypto"]),
        .target(
            name: "SQLiteStorage", dependencies: ["Storage", "Concurrency", "Crypto", "Ledger", "CSQLite"],
            resources: ["log/0001_entries", "secrets/0001_subjects"].map { .embedInCode("Migrations/\($0).sql") },
            swiftSettings: library),
        .target(
            name: "PostgresStorage", dependencies: ["Storage", "Concurrency", "Crypto", "Ledger", "CPostgres"],
            resources: ["log/0001_entries", "views/0001_positions", "secrets/0001_subjects"]
                .map { .embedInCode("Migrations/\($0).sql") },
            swiftSettings: library),
        module("HTTPServer", ["CMicroHTTPD", "Concurrency"]),
        module("HTTPClient", ["CCurl", "Concurrency"]),
        module(
            "Service",
            [
                "Storage", "Inference", "Imaging", "Archive", "Verifier", "Ledger", "Records", "PKCS11", "Crypto",
                "CanonicalJSON", "Concurrency", "CClock", "HTTPClient",
            ]),
        module(
            "WebAPI",
            [
                "Service", "HTTPServer", "Storage", "Verifier", "Ledger", "Records", "Crypto", "CanonicalJSON",
                "Concurrency",
            ],
            resources: [.embedInCode("Resources")]),
        .executableTarget(
            name: "cxrledger",
            dependencies: [
                "WebAPI", "Service", "SQLiteStorage", "PostgresStorage", "Storage", "HTTPServer", "HTTPClient",
                "Imaging", "Verifier",
                "Ledger", "Records", "Crypto", "CanonicalJSON", "Concurrency",
            ],
            swiftSettings: library),
        .executableTarget(
            name: "Benchmarks",
            dependencies: [
                "Service", "SQLiteStorage", "PostgresStorage", "Storage", "Inference", "Imaging", "Ledger", "Records",
                "Crypto", "CanonicalJSON", "Concurrency", "CSQLite", "CPostgres",
            ],
            path: "Benchmarks", exclude: ["peers", "kills.py"], swiftSettings: library),

        .target(
            name: "CPowerLossVFS", path: "Tests/CPowerLossVFS", linkerSettings: [.linkedLibrary("sqlite3")]),
        .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: library),
        .target(
            name: "StorageTestSupport",
            dependencies: [
                "Storage", "SQLiteStorage", "PostgresStorage", "Ledger", "Crypto", "CanonicalJSON", "Concurrency",
            ],
            path: "Tests/StorageTestSupport", swiftSettings: library),
        // Started and killed by the tests.
        .executableTarget(
            name: "CrashRig",
            dependencies: [
                "StorageTestSupport", "Storage", "SQLiteStorage", "Ledger", "CanonicalJSON", "Concurrency",
            ],
            path: "Tests/CrashRig", swiftSettings: common),
        tests("CanonicalJSONTests", ["CanonicalJSON", "TestSupport"], hasFixtures: true),
        tests("ConcurrencyTests", ["Concurrency"]),
        tests("RecordsTests", ["Records", "CanonicalJSON"], hasFixtures: true),
        tests("CryptoTests", ["Crypto", "COpenSSL", "TestSupport"]),
        tests("PKCS11Tests", ["PKCS11", "Crypto", "TestSupport"]),
        tests("LedgerTests", ["Ledger", "Crypto", "CanonicalJSON", "TestSupport"], hasFixtures: true),
        tests("VerifierTests", ["Verifier", "Ledger", "Crypto", "CanonicalJSON"]),
        tests("ImagingTests", ["Imaging", "TestSupport"], hasFixtures: true),
        tests("InferenceTests", ["Inference", "CKernels", "TestSupport"], hasFixtures: true),
        tests("HTTPServerTests", ["HTTPServer", "HTTPClient", "Concurrency", "TestSupport"]),
        tests("HTTPClientTests", ["HTTPClient", "HTTPServer", "Concurrency"]),
        tests(
            "StorageTests",
            [
                "StorageTestSupport", "TestSupport", "Storage", "SQLiteStorage", "Ledger", "Records", "Crypto",
                "CanonicalJSON", "Concurrency",
            ]),
        tests(
            "SQLiteStorageTests",
            [
                "CPowerLossVFS", "CSQLite", "SQLiteStorage", "Storage", "StorageTestSupport", "TestSupport", "Ledger",
                "CanonicalJSON", "Concurrency",
            ]),
        tests("PostgresStorageTests", ["PostgresStorage", "Storage", "StorageTestSupport", "Ledger", "Crypto"]),
        tests(
            "ServiceTests",
            [
                "Service", "SQLiteStorage", "Storage", "Verifier", "Ledger", "Records", "Crypto", "CanonicalJSON",
                "Concurrency", "CSQLite", "HTTPServer", "TestSupport",
            ], hasFixtures: true),
        tests(
            "WebAPITests",
            [
                "CSQLite", "WebAPI", "Service", "SQLiteStorage", "PostgresStorage", "Storage", "HTTPServer",
                "HTTPClient", "Verifier", "Ledger", "Crypto", "Records", "CanonicalJSON", "Concurrency",
                "StorageTestSupport", "TestSupport",
            ]),
        tests("CLITests", ["cxrledger", "Service", "CanonicalJSON", "TestSupport"]),
        tests("ArchitectureTests"),
    ]
)

// The parsers of foreign bytes under libFuzzer: only `scripts/fuzz` asks for them, and builds them with its flags.
if Context.environment["CXRLEDGER_FUZZ"] == "1" {
    func fuzzer(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
        .executableTarget(
            name: "Fuzz\(name)", dependencies: dependencies, path: "Fuzz/\(name)",
            swiftSettings: common + [.unsafeFlags(["-parse-as-library"])])
    }
    package.targets += [
        fuzzer("JSON", ["CanonicalJSON"]), fuzzer("Entries", ["Ledger", "Records", "Crypto", "CanonicalJSON"]),
        fuzzer("Notes", ["Ledger", "Crypto", "CanonicalJSON"]), fuzzer("Images", ["Imaging"]),
        fuzzer("Models", ["Inference"]), fuzzer("Requests", ["HTTPServer"]), fuzzer("Files", ["Service", "Storage"]),
        fuzzer("Policies", ["Ledger", "Crypto"]), fuzzer("Witnesses", ["Ledger", "Crypto"]),
        fuzzer("Stamps", ["Ledger", "Crypto"]),
        fuzzer("Tiles", ["Service", "Ledger", "Crypto"]),
        fuzzer("Exports", ["Verifier", "Ledger", "Crypto", "CanonicalJSON"]),
        fuzzer("DSSE", ["Verifier", "Ledger", "Crypto", "CanonicalJSON"]),
        fuzzer("Manifests", ["Verifier", "Ledger", "CanonicalJSON"]),
    ]
}
