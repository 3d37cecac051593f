import CanonicalJSON
public import Crypto
public import Ledger

/// Verifies an export from nothing but its files and what the reader holds (docs/formats.md, "Checking an export").
public struct ExportVerification {
    let source: any ExportSource
    let held: Holdings
    let policy: Policy?
    let authorities: TimestampAuthorities?
    var book = CheckBook(kind: "export", leavingOut: [.contents])
    private var manifest: ExportManifest?

    /// What the small files hold, as far as they have their form.
    struct Parts {
        var signature: ManifestSignature?
        var checkpoint: Holding.HeldCheckpoint?
        var policy: Policy?
        var range: ExportRange?
        var keys: [ProvenLine] = []
        var known: [UInt64: [Digest]] = [:]
        var stamps: [ProvenLine] = []
    }

    private(set) var parts = Parts()
    private var scans: [String: FileScan] = [:]

    private init(
        _ source: any ExportSource, expecting: [Holding], policy: Policy?, authorities: TimestampAuthorities?
    ) {
        (self.source, self.policy, held) = (source, policy, Holdings(expectations: expecting))
        self.authorities = authorities
    }

    /// Verifies; `progress` is told how many entries are done, of how many.
    ///
    /// - Parameters:
    ///   - source: the export.
    ///   - expecting: what the reader holds.
    ///   - policy: the reader's; else the one that came along counts.
    ///   - authorities: whom time stamps are believed from; nil leaves their tokens unchecked.
    ///   - progress: see above.
    /// - Returns: the verdict, check by check.
    /// - Throws: only what the source throws: a fault of the export is a verdict.
    public static func run(
        _ source: any ExportSource, expecting: [Holding] = [], policy: Policy? = nil,
        authorities: TimestampAuthorities? = nil, progress: (UInt64, UInt64) -> Void = { _, _ in }
    ) throws -> VerificationVerdict {
        var verification = ExportVerification(
            source, expecting: expecting, policy: policy, authorities: authorities)
        try verification.check(progress)
        return verification.verdict
    }

    private mutating func check(_ progress: (UInt64, UInt64) -> Void) throws {
        let names = try source.names()
        guard let manifest = try readManifest(names) else { return }
        self.manifest = manifest
        let present = checkFiles(manifest, names)
        try readParts(manifest, present)
        let keys = checkKeys(manifest)
        var pass = EntryPass(
            manifest, keys: keys, range: parts.range, held: held,
            wantedRoots: held.sizes.union(stampedSizes))
        if present.contains(ExportFile.entries) {
            let files = EntryPass.Files(
                entries: try scan(ExportFile.entries),
                proofs: present.contains(ExportFile.proofs) ? try scan(ExportFile.proofs) : nil,
                csv: present.contains(ExportFile.csv) ? try scan(ExportFile.csv) : nil,
                report: present.contains(ExportFile.report) ? try scan(ExportFile.report) : nil)
            try pass.run(files, &book, progress)
        }
        try checkDigests(manifest)
        guard let keys else { return }
        checkSignatures(manifest, keys)
        checkLines(manifest, keys)
        pass.finish(parts.range, keyLines: parts.keys, &book)
        checkBeyond(manifest, keys, pass)
        describe(manifest)
    }

    // MARK: Form, files, digests

    private mutating func readManifest(_ names: [(name: String, isFile: Bool)]) throws -> ExportManifest? {
        guard names.contains(where: { $0.name == ExportFile.manifest && $0.isFile }) else {
            book.fail(.files, .fileMissing, "There is no \(ExportFile.manifest): this is no export.")
            return nil
        }
        let bytes = try FileScan(source.open(ExportFile.manifest)).rest(limit: ExportManifest.maximumSize)
        do throws(LedgerError) {
            guard let bytes else { throw LedgerError(.tooLarge) }
            return try ExportManifest(parsing: bytes)
        } catch {
            book.fail(.form, .malformed, "\(ExportFile.manifest): \(error).")
            return nil
        }
    }

    /// Holds what is there against what is listed and what the grade asks for.
    ///
    /// - Returns: the listed files that are there.
    private mutating func checkFiles(
        _ manifest: ExportManifest, _ names: [(name: String, isFile: Bool)]
    ) -> Set<String> {
        let plain = Set(names.filter(\.isFile).map(\.name))
        let due = Set(ExportFile.listed(manifest.grade))
        let listed = Set(manifest.files.map(\.path))
        for name in due.subtracting(listed).sorted() {
            book.fail(
                .files, .fileMissing,
                "The manifest does not list \(name), which grade \(manifest.grade.rawValue) needs.")
        }
        for name in listed.union([ExportFile.signature]).subtracting(plain).sorted() {
            book.fail(.files, .fileMissing, "\(name) is missing.")
        }
        for name in listed.subtracting(due).sorted() {
            book.fail(.files, .fileUnlisted, "The manifest lists \(name), which does not belong to an export.")
        }
        let own: Set = [ExportFile.manifest, ExportFile.signature]
        for name in Set(names.map(\.name)).subtracting(listed).subtracting(own).sorted() {
            book.fail(.files, .fileUnlisted, "A file is there that the manifest does not list.")
            _ = name  // not shown: a name from outside could say anything
        }
        return plain.intersection(listed.intersection(due).union(own))
    }

    private mutating func scan(_ name: String) throws -> FileScan {
        let scan = FileScan(try source.open(name))
        scans[name] = scan
        return scan
    }

    /// Reads a small file whole; its form is the caller's business.
    private mutating func small(_ name: String, _ present: Set<String>) throws -> [UInt8]? {
        guard present.contains(name) else { return nil }
        let bytes = try scan(name).rest(limit: ExportFile.maximumSmall)
        if bytes == nil { book.fail(.form, .malformed, "\(name) is too large.") }
        return bytes
    }

    private mutating func form<Value>(
        _ name: String, _ read: () throws(LedgerError) -> Value?
    ) -> Value? {
        do throws(LedgerError) { return try read() } catch {
            book.fail(.form, .malformed, "\(name): \(error).")
            return nil
        }
    }

    private mutating func readParts(_ manifest: ExportManifest, _ present: Set<String>) throws {
        let (size, files) = (manifest.size, try smallFiles(present))
        parts.signature = form(ExportFile.signature) { () throws(LedgerError) in
            try files[ExportFile.signature].map { bytes throws(LedgerError) in try ManifestSignature(parsing: bytes) }
        }
        parts.checkpoint = form(ExportFile.checkpoint) { () throws(LedgerError) in
            try files[ExportFile.checkpoint].map { bytes throws(LedgerError) in
                guard let text = String(validating: bytes, as: UTF8.self) else { throw LedgerError(.note, "UTF-8") }
                return try .init(text)
            }
        }
        parts.policy = form(ExportFile.policy) { () throws(LedgerError) in
            try files[ExportFile.policy].map { bytes throws(LedgerError) in try Policy(parsing: bytes) }
        }
        parts.range = form(ExportFile.range) { () throws(LedgerError) in
            try files[ExportFile.range].map { bytes throws(LedgerError) in try ExportRange(parsing: bytes) }
        }
        parts.keys =
            form(ExportFile.keys) { () throws(LedgerError) in
                try Self.lines(files[ExportFile.keys]).map { value throws(LedgerError) in
                    try ProvenLine(value, size: size)
                }
            } ?? []
        parts.stamps =
            form(ExportFile.timestamps) { () throws(LedgerError) in
                try Self.lines(files[ExportFile.timestamps]).map { value throws(LedgerError) in
                    try ProvenLine(value, size: size)
                }
            } ?? []
        parts.known =
            form(ExportFile.known) { () throws(LedgerError) in
                var (known, last) = ([UInt64: [Digest]](), UInt64(0))
                for value in try Self.lines(files[ExportFile.known]) {
                    let line = try KnownLine(value)
                    guard line.size > last, line.size <= size else { throw LedgerError(.field, "size") }
                    (known[line.size], last) = (line.hashes, line.size)
                }
                return known
            } ?? [:]
    }

    private mutating func smallFiles(_ present: Set<String>) throws -> [String: [UInt8]] {
        var files: [String: [UInt8]] = [:]
        for name in [
            ExportFile.signature, ExportFile.checkpoint, ExportFile.policy, ExportFile.range, ExportFile.keys,
            ExportFile.timestamps, ExportFile.known,
        ] { files[name] = try small(name, present) }
        return files
    }

    /// The values of a file of lines.
    private static func lines(_ bytes: [UInt8]?) throws(LedgerError) -> [JSONValue] {
        guard let bytes, !bytes.isEmpty else { return [] }
        guard bytes.last == 0x0A else { throw LedgerError(.field, "the last line has no end") }
        var values: [JSONValue] = []
        for line in bytes.dropLast().split(separator: 0x0A, omittingEmptySubsequences: false) {
            guard line.count <= ExportFile.maximumLine else { throw LedgerError(.tooLarge, "line") }
            do { values.append(try JSONValue.parse(Array(line))) } catch {
                throw LedgerError(.canonical, error.description)
            }
        }
        return values
    }

    private mutating func checkDigests(_ manifest: ExportManifest) throws {
        for file in manifest.files {
            guard let scan = scans[file.path] else { continue }
            let (isAtEnd, digest) = try scan.finish()
            if !isAtEnd, [ExportFile.csv, ExportFile.report].contains(file.path) {
                book.fail(.renderings, .rendering, "\(file.path) has more than the entries make.")
            }
            guard scan.length == file.bytes, digest == file.sha256 else {
                book.fail(.digests, .fileDigest, "\(file.path) is not the file that the manifest lists.")
                continue
            }
        }
    }

    // MARK: Keys and signatures

    /// The log's keys, when root key and history hold.
    private mutating func checkKeys(_ manifest: ExportManifest) -> CertifiedKeys? {
        if let sentence = held.contradiction(root: manifest.rootKey, origin: manifest.origin) {
            book.fail(.expectedRoot, .expectationRoot, sentence)
        } else if !held.hasRoot {
            book.skip(.expectedRoot, "You gave no root key: it was taken from the export itself.")
        }
        do throws(KeyHistory.Fault) {
            let history = try KeyHistory(
                parts.keys, root: manifest.rootKey, origin: manifest.origin, size: manifest.size)
            book.pass(.keys, "\(parts.keys.count) entries, each key certified by the root key.")
            return history.keys
        } catch {
            book.fail(.keys, .keys, error.sentence)
            return nil
        }
    }

    private mutating func checkSignatures(_ manifest: ExportManifest, _ keys: CertifiedKeys) {
        let size = manifest.size
        let signers = [keys.eventKey(at: max(size, 1) - 1), keys.eventKey(at: size)].compactMap(\.self)
        let message = ManifestSignature.message(manifest.bytes)
        let isSigned = parts.signature.map { signature in
            signers.contains { $0.keyID == signature.keyID && $0.verify(signature.signature, message) }
        }
        if isSigned != true {
            book.fail(.manifestSignature, .manifestSignature, "The manifest is not signed by the log's event key.")
        }
        let checkpointKey = keys.verifierKey(of: manifest.origin, size: size)
        let isCheckpointSigned = parts.checkpoint.map { held in
            held.checkpoint.origin.utf8.elementsEqual(manifest.origin.utf8) && held.checkpoint.size == size
                && held.checkpoint.root == manifest.root
                && checkpointKey.map { key in (try? held.note.verify(with: [key])) != nil } ?? false
        }
        if isCheckpointSigned != true {
            book.fail(
                .checkpoint, .checkpointSignature,
                "The checkpoint is not the manifest's, or not signed by the log's checkpoint key.")
        }
        if keys.isCompromised(.event, at: size) { book.flag("The key that signed the manifest is compromised.") }
        if keys.isCheckpointCompromised(size: size) {
            book.flag("The key that signed the checkpoint is compromised; only witnesses vouch for it.")
        }
    }

    /// The lines of the key history and of the stamps: signed, and in the tree.
    private mutating func checkLines(_ manifest: ExportManifest, _ keys: CertifiedKeys) {
        for line in parts.stamps {
            do throws(EntryCheck.Fault) {
                _ = try EntryCheck.envelope(of: line.entry, at: line.index, keys: keys, origin: manifest.origin)
            } catch { book.fail(.entries, error.code, error.sentence) }
        }
        for line in parts.keys + parts.stamps
        where !line.proof.verify(leaf: Entry.hash(line.entry.bytes), root: manifest.root) {
            book.fail(.inclusion, .inclusion, "Entry \(line.index) is not in the tree of the checkpoint.")
        }
    }

    private var verdict: VerificationVerdict {
        let success = manifest.map { manifest in
            switch manifest.grade {
            case .complete:
                "Verified: every entry of [\(manifest.from), \(manifest.to)) is here, unchanged; \(manifest.matched) match the filters, and nothing else does."
            case .authentic:
                "Verified: all \(manifest.entries) entries are authentic and unchanged. It is a selection; what was left out does not show."
            }
        }
        return book.verdict(
            origin: manifest?.origin, size: manifest?.size, root: manifest?.root.hex, success: success ?? "")
    }
}
