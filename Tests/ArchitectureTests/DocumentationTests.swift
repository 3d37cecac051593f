import Foundation
import Testing

/// What the documents say of the code, held against it.
@Suite struct `The documents` {
    private static let documents: [String] = {
        let folders = ["docs", "Tests", "Benchmarks", "saved_models", "backups"]
        let nested = folders.flatMap { (try? Repository.files(in: $0, endingIn: [".md"])) ?? [] }
        return ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"] + nested
    }()

    @Test(arguments: documents) func `point to files that are there`(path: String) throws {
        let folder = Repository.root.appending(path: path).deletingLastPathComponent()
        for link in try Repository.text(path).matches(of: /\]\((?!https?:)([^)#\s]+)[^)]*\)/) {
            let target = folder.appending(path: String(link.1)).path()
            #expect(FileManager.default.fileExists(atPath: target), "\(link.1)")
        }
    }

    @Test func `describe every event type with all its fields`() throws {
        let formats = try Repository.text("docs/formats.md")
        let examples = try Repository.text("Tests/RecordsTests/Fixtures/payloads.txt")
        for line in examples.split(separator: "\n") {
            let parts = line.split(separator: " ", maxSplits: 1)
            let type = String(parts[0])
            let object = try JSONSerialization.jsonObject(with: Data(parts[1].utf8))
            let fields = try #require(object as? [String: Any])
            let heading = formats.firstRange(of: "\n#### `\(type)`")
            let start = try #require(heading, "\(type) is missing").upperBound
            let section = formats[start..<(formats[start...].firstRange(of: "\n#")?.lowerBound ?? formats.endIndex)]
            let described = section.matches(of: /(?m)^\| `(\w+)` \|/).map { String($0.1) }
            #expect(Set(described) == Set(fields.keys), "\(type)")
        }
    }

    @Test func `list every Debian package that the scripts install`() throws {
        let dependencies = try Repository.text("docs/dependencies.md")
        for list in try Repository.text("scripts/lib.sh").matches(of: /(?m)^\s+(?:\w+\) )?echo ([a-z0-9][^"\n;|$]*)/) {
            for package in list.1.split(separator: " ") {
                let isListed = dependencies.contains("`\(package)`")
                #expect(isListed, "\(package)")
            }
        }
    }

    @Test func `name every setting`() throws {
        let readme = try Repository.text("README.md")
        for file in try Repository.files(in: "Sources/Service/Configuration", endingIn: [".swift"]) {
            for setting in try Repository.text(file).matches(of: /name: "([A-Z][A-Z0-9_]+)"/) {
                let isNamed = readme.contains("`\(setting.1)`")
                #expect(isNamed, "\(setting.1)")
            }
        }
    }

    @Test func `list every decision`() throws {
        let index = try Repository.text("docs/decisions/README.md")
        for page in try Repository.files(in: "docs/decisions", endingIn: [".md"]) where !page.hasSuffix("README.md") {
            let title = try Repository.text(page).prefix { $0 != "\n" }.drop { $0 == "#" || $0 == " " }
            let row = "[\(title.prefix(4))](\(page.split(separator: "/")[2])) | \(title.dropFirst(5)) |"
            let isListed = index.contains(row)
            #expect(isListed, "\(row)")
        }
    }

    @Test func `and the code know nothing of the machine they were written on`() throws {
        let folders = [
            "Sources", "Tests", "Benchmarks", "Fuzz", "docs", "deploy", "scripts", "migrations", "saved_models", ".ci",
        ]
        let suffixes = [
            ".swift", ".c", ".h", ".md", ".sh", ".py", ".sql", ".js", ".css", ".html", ".svg", ".json", ".txt", ".yaml",
            ".yml", ".conf", ".service",
        ]
        var paths = [
            "Package.swift", "Makefile", "README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", ".ci/run",
            "compose.yaml",
        ]
        for folder in folders { paths += try Repository.files(in: folder, endingIn: suffixes) }
        for script in try FileManager.default.contentsOfDirectory(
            atPath: Repository.root.appending(path: "scripts").path())
        where !script.contains(".") { paths.append("scripts/\(script)") }
        let here = [Repository.root.path(), NSHomeDirectory() + "/"].filter { $0.count > 2 }
        for path in paths {
            let text = try Repository.text(path)
            let isNaming =
                text.contains(/\/(home|Users)\/[a-z]+\/|\/root\//) || here.contains { text.contains($0) }
            #expect(!isNaming, "\(path)")
        }
    }
}
