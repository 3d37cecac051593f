import Crypto
import Ledger

extension ExportVerification {
    /// The sizes of the trees that were stamped.
    var stampedSizes: Set<UInt64> {
        Set(parts.stamps.compactMap { (try? StampedCheckpoint($0.entry))?.held.checkpoint.size })
    }

    /// Holds the export against what the reader has: checkpoints, records, policy, compromised keys.
    mutating func checkBeyond(_ manifest: ExportManifest, _ keys: CertifiedKeys, _ pass: EntryPass) {
        guard let checkpoint = parts.checkpoint else { return }
        checkStamps(keys, checkpoint.checkpoint)
        let sentence = held.contradiction(
            keys: keys, checkpoint: checkpoint.checkpoint, known: parts.known, roots: pass.roots)
        if let sentence {
            book.fail(.heldCheckpoints, .expectationCheckpoint, sentence)
        } else if held.sizes.isEmpty {
            book.skip(.heldCheckpoints, "You gave no checkpoint to compare with.")
        }
        if !held.expectations.contains(where: \.isRecord) { book.skip(.heldRecords, "You gave no record to look for.") }
        PolicyCheck.run(
            policy ?? parts.policy, isOwn: policy != nil, checkpoint.note,
            known: [keys.verifierKey(of: manifest.origin, size: manifest.size)].compactMap(\.self), &book)
        if pass.flaggedCount > 0 {
            let list = pass.flagged.map(String.init).joined(separator: ", ")
            book.flag("A compromised key signed \(pass.flaggedCount) of the entries, among them \(list).")
        }
        guard held.hasAnchor || !(policy?.logs.isEmpty ?? true) else {
            return book.fail(
                .start, .unanchored,
                "Give what you hold with --expect: the root key, a verifier key, a checkpoint, a passport.")
        }
    }

    private mutating func checkStamps(_ keys: CertifiedKeys, _ checkpoint: Checkpoint) {
        guard !parts.stamps.isEmpty else { return book.skip(.stamps, "There are none for this range yet.") }
        var times: [String] = []
        for line in parts.stamps {
            guard let stamp = try? StampedCheckpoint(line.entry) else {
                book.fail(.stamps, .consistency, "Entry \(line.index) is no time stamp of a checkpoint.")
                continue
            }
            if let sentence = Holdings.contradiction(stamp.held, keys, checkpoint, known: parts.known, roots: [:]) {
                book.fail(.stamps, .consistency, "Time stamp entry \(line.index): \(sentence)")
            }
            guard let authorities else {
                times.append("\(stamp.time) (\(stamp.authority))")
                continue
            }
            guard let time = stamp.time(by: authorities) else {
                book.fail(.stamps, .consistency, "The token of entry \(line.index) is of none of your authorities.")
                continue
            }
            times.append(time.description)
        }
        guard authorities == nil else {
            return book.pass(
                .stamps, "Your authorities vouch that what is here existed at \(times.joined(separator: ", ")).")
        }
        book.pass(.stamps, "The log names tokens of \(times.joined(separator: ", ")).")
        book.leaveUnchecked(
            "The tokens of the time-stamp authority themselves (RFC 3161): name its certificates with --tsa-ca.")
    }

    /// What the passed checks amount to, and what nobody may conclude.
    mutating func describe(_ manifest: ExportManifest) {
        let range = "[\(manifest.from), \(manifest.to))"
        held.describe(in: &book)
        book.pass(.form, "Every file has its form.")
        book.pass(.files, "Every listed file is there, and no other.")
        book.pass(.digests, "\(manifest.files.count) files.")
        book.pass(.manifestSignature, "Signed by the log's event key.")
        book.pass(.checkpoint, "The log promised a tree of \(manifest.size) entries with root \(manifest.root.hex).")
        book.pass(.entries, "\(manifest.entries) entries, each signed by the key that counts at its index.")
        book.pass(.order, "Ascending, and times never go back.")
        book.pass(.renderings, "The table and the page show these entries and no others.")
        switch manifest.grade {
        case .complete:
            book.pass(.inclusion, "The entries of \(range) make the tree of the checkpoint.")
            book.pass(.counts, "Every entry of \(range) is here.")
            book.pass(.filters, "\(manifest.matched) entries match; nothing else in \(range) does.")
            book.pass(.streams, "Every stream within the range is without a hole.")
        case .authentic:
            book.pass(.inclusion, "Each entry is in the tree at its index.")
            book.pass(.counts, "As many as the manifest says; a selection: what was left out does not show.")
            book.pass(.filters, "Each entry matches.")
            book.leaveUnchecked("Whether other entries match as well: only a complete export shows that.")
            if manifest.filters.isWholeStream, manifest.from == 0 {
                book.pass(.streams, "The stream is without a hole from its beginning.")
                book.leaveUnchecked("Whether the stream goes on after the last entry here.")
            } else {
                book.skip(.streams, "The selection is not one whole stream.")
            }
        }
        if manifest.grade == .authentic || manifest.to < manifest.size || manifest.from > 0 {
            book.leaveUnchecked("Whether the key history has later entries: ask for a complete export to the end.")
        }
        book.leaveUnchecked(
            "Whether the log showed others the same tree, unless witnesses cosigned or you gave a checkpoint.")
        book.leaveUnchecked("Whether what was recorded is true, and the times beyond the order of the entries.")
        book.leaveUnchecked("Sealed fields: they stay sealed.")
    }
}
