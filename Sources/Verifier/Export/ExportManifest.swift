import CanonicalJSON
public import Crypto
public import Ledger

/// What an export states of itself; signed by the log's event key.
public struct ExportManifest: Hashable, Sendable {
    /// How much an export proves.
    public enum Grade: String, Hashable, Sendable, CaseIterable {
        /// A selection: nothing was added or changed.
        case authentic
        /// A contiguous range of all entries: besides, nothing was left out of it.
        case complete
    }

    /// One file of the export.
    public struct File: Hashable, Sendable {
        public let path: String
        public let bytes: Int64
        public let sha256: Digest

        public init(path: String, bytes: Int64, sha256: Digest) {
            (self.path, self.bytes, self.sha256) = (path, bytes, sha256)
        }
    }

    public static let format = "cxrledger-export/1"
    /// The most bytes of the file.
    public static let maximumSize = 65_536

    /// The export's id, also the name of its folder.
    public var export: String
    public var grade: Grade
    public var origin: String
    public var rootKey: Ed25519.PublicKey
    /// The size and root of the tree that the entries are proved in.
    public var size: UInt64
    public var root: Digest
    /// The range of indices that was looked at: at least one, `to` is the first that no longer was.
    public var from: UInt64
    public var to: UInt64
    public var filters: ExportFilter
    /// How many are in `entries.jsonl`, and how many of them the filters match.
    public var entries: UInt64
    public var matched: UInt64
    public var createdAt: Timestamp
    /// The version of the program that wrote it.
    public var program: String
    /// All but the manifest and its signature, by path.
    public var files: [File] = []

    public init(
        export: String, grade: Grade, origin: String, rootKey: Ed25519.PublicKey, size: UInt64, root: Digest,
        range: Range<UInt64>, filters: ExportFilter, entries: UInt64, matched: UInt64, createdAt: Timestamp,
        program: String
    ) {
        (self.export, self.grade, self.origin, self.rootKey) = (export, grade, origin, rootKey)
        (self.size, self.root, from, to) = (size, root, range.lowerBound, range.upperBound)
        (self.filters, self.entries, self.matched) = (filters, entries, matched)
        (self.createdAt, self.program) = (createdAt, program)
    }

    /// Everything but the list of files, by name.
    var statements: [(name: String, value: JSONValue)] {
        [
            ("created_at", .string(createdAt.description)), ("entries", .integer(Int64(clamping: entries))),
            ("export", .string(export)), ("filters", filters.value), ("format", .string(Self.format)),
            ("from", .integer(Int64(clamping: from))), ("grade", .string(grade.rawValue)),
            ("matched", .integer(Int64(clamping: matched))), ("origin", .string(origin)),
            ("program", .string(program)), ("root", .string(root.hex)),
            ("root_key", .string(Base64.encode(rootKey.bytes))), ("size", .integer(Int64(clamping: size))),
            ("to", .integer(Int64(clamping: to))),
        ]
    }

    /// The file.
    public var bytes: [UInt8] {
        let files = files.map { file -> JSONValue in
            ["bytes": .integer(file.bytes), "path": .string(file.path), "sha256": .string(file.sha256.hex)]
        }
        let members = statements + [("files", .array(files))]
        return JSONValue.object(JSONObject(Dictionary(members.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })))
            .canonicalBytes()
    }

    /// Reads the file, strictly.
    ///
    /// - Throws: `.tooLarge`, `.canonical` or `.field`.
    public init(parsing bytes: [UInt8]) throws(LedgerError) {
        guard bytes.count <= Self.maximumSize else { throw LedgerError(.tooLarge, "manifest") }
        let value: JSONValue
        do { value = try JSONValue.parse(bytes) } catch { throw LedgerError(.canonical, error.description) }
        var fields = try FieldReader(value, path: "")
        guard try fields.text("format") == Self.format else { throw LedgerError(.field, "format") }
        export = try fields.text("export")
        guard Self.isID(export) else { throw LedgerError(.field, "export") }
        guard let grade = Grade(rawValue: try fields.text("grade")) else { throw LedgerError(.field, "grade") }
        origin = try fields.text("origin")
        guard let raw = Base64.decode(try fields.text("root_key")), let key = try? Ed25519.PublicKey(raw) else {
            throw LedgerError(.field, "root_key")
        }
        (self.grade, rootKey) = (grade, key)
        root = try Self.digest("root", &fields)
        size = try Self.number("size", &fields)
        (from, to) = (try Self.number("from", &fields), try Self.number("to", &fields))
        guard from < to, to <= size else { throw LedgerError(.field, "from") }
        filters = try ExportFilter(try fields.value("filters"))
        (entries, matched) = (try Self.number("entries", &fields), try Self.number("matched", &fields))
        createdAt = try fields.time("created_at")
        program = try fields.text("program")
        files = try Self.files(try fields.value("files"))
        try fields.finish()
    }

    private static func files(_ value: JSONValue) throws(LedgerError) -> [File] {
        guard let elements = value.arrayValue else { throw LedgerError(.field, "files") }
        var files: [File] = []
        for element in elements {
            var fields = try FieldReader(element, path: "files.")
            let file = File(
                path: try fields.text("path"), bytes: Int64(try number("bytes", &fields)),
                sha256: try digest("sha256", &fields))
            try fields.finish()
            guard isID(file.path), files.last.map({ $0.path < file.path }) ?? true else {
                throw LedgerError(.field, "files.path")
            }
            files.append(file)
        }
        return files
    }

    private static func number(_ name: String, _ fields: inout FieldReader) throws(LedgerError) -> UInt64 {
        guard let number = UInt64(exactly: try fields.integer(name)) else { throw LedgerError(.field, name) }
        return number
    }

    private static func digest(_ name: String, _ fields: inout FieldReader) throws(LedgerError) -> Digest {
        let text = try fields.text(name)
        guard let digest = Digest(hex: text), digest.hex == text else { throw LedgerError(.field, name) }
        return digest
    }

    /// Whether a text is 1 to 100 letters, digits, dots, dashes and underscores of ASCII, and no dot first.
    public static func isID(_ text: String) -> Bool {
        (1...100).contains(text.utf8.count) && text.utf8.first != UInt8(ascii: ".")
            && text.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
                default: "._-".utf8.contains(byte)
                }
            }
    }
}
