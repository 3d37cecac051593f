import Records

/// One event of every type, with every field filled.
let examples: [Event] = [
    .serviceStarted(
        .init(
            version: "0.1.0", build: "swift-6.3", settingsDigest: "ab",
            clock: .init(synchronised: true, maxErrorUs: 1500, source: "kernel"), runtime: "kernels avx2")),
    .serviceStopped(.init(reason: "signal", uptimeSeconds: 60)),
    .keysCertified(
        .init(
            root: "cm9vdA==", keys: [.init(certificate: "Y2VydA==", signature: "c2ln")],
            succeeds: .init(origin: "old", size: 9, root: "ff", checkpoint: "bm90ZQ==", kept: 7, reason: "disk lost"))),
    .modelRegistered(model("aa")),
    .modelActivated(.init(digest: "aa", name: "m", version: "1", previous: "bb", reason: "better")),
    .modelRolledBack(.init(digest: "bb", name: "m", version: "0", from: "aa", reason: "worse")),
    .modelRetired(.init(digest: "bb", reason: "old")),
    .modelIntegrityFailed(.init(digest: "aa", found: "cc", detail: "model-integrity-failed")),
    .thresholdChanged(.init(digest: "aa", from: "0.5", to: "0.6", reason: "fewer alarms")),
    .configChanged(.init(name: "BATCH_SIZE", from: "16", to: "8")),
    .predictionRecorded(prediction("p1")),
    .inputRejected(.init(code: "image-corrupt", detail: "The picture is damaged.", bytes: 12)),
    .predictionReviewed(
        .init(prediction: "p1", subject: "s_1", verdict: .override, label: "NORMAL", reason: sealed)),
    .predictionRead(.init(prediction: "p1", subject: "s_1", part: "image")),
    .predictionSearched(.init(filters: ["label=NORMAL"], subject: "s_1", returned: 3)),
    .predictionReproduced(.init(prediction: "p1", same: true, runtime: "kernels avx2")),
    .credentialIssued(.init(credential: "c1", name: "Ana", role: .clinician, digest: "dd", bootstrap: false)),
    .credentialRotated(.init(credential: "c1", digest: "ee")),
    .credentialRevoked(.init(credential: "c1", reason: "left")),
    .loginSucceeded(.init(credential: "c1")),
    .logout(.init(credential: "c1")),
    .authenticationFailed(.init(reason: "unknown key", count: 7, window: 60, credential: "c1")),
    .authorizationDenied(.init(permission: "model.activate", operation: "models activate")),
    .auditLogQueried(.init(operation: "timeline", filters: ["type=Logout"], returned: 2)),
    .backupTaken(.init(name: "b", size: 10, root: "ff", bytes: 1000, images: 4)),
    .restoreCompleted(.init(backup: "b", size: 10, root: "ff")),
    .keyRetired(.init(purpose: "event", key: "ab", reason: "yearly")),
    .keyCompromised(.init(purpose: "checkpoint", key: "ab", from: 7, reason: "laptop stolen")),
    .checkpointTimestamped(
        .init(
            size: 10, root: "ff", checkpoint: "bm90ZQ==", authority: "https://tsa.example",
            time: "2026-11-26T00:00:00Z",
            token: "dG9rZW4=")),
    .witnessRefused(.init(witness: "w.example", size: 10, status: 422, detail: "witness-inconsistent")),
    .logExported(
        .init(
            export: "x_1", grade: "complete", from: 0, to: 10, size: 10, filters: ["type=Logout"], entries: 10,
            manifest: "ff")),
    .chainVerificationFailed(.init(finder: "scrubber", index: 7, detail: "entry-differs")),
    .logRecovered(.init(from: 7, to: 10, root: "ff", source: "tiles")),
    .spoolAppended(
        .init(records: 3, first: "2026-11-26T00:00:00.000000Z", last: "2026-11-26T00:00:01.000000Z", digest: "ff")),
    .storageWeakened(.init(settings: ["data_checksums=off", "fsync=off"], refused: true)),
    .projectionEventSkipped(.init(projection: "timeline", version: 2, index: 7, reason: "known to us")),
]

let sealed = SealedField(subject: "s_1", ciphertext: "c2VhbGVk", commit: "0f")

func model(_ digest: String, threshold: String = "0.5") -> ModelRegistered {
    ModelRegistered(
        digest: digest, md5: "m5", bytes: 99, name: "m", version: "1", fileName: "m.keras", inputShape: [160, 160, 1],
        parameters: 175_473, classes: ["NORMAL", "PNEUMONIA"], threshold: threshold,
        preprocessing: .init(id: "gray-bilinear-160-unit", sha256: "11"), limits: ["children only"], cardDigest: "22")
}

func prediction(_ id: String, label: String = "PNEUMONIA") -> PredictionRecorded {
    PredictionRecorded(
        prediction: id, subject: "s_1",
        image: .init(blob: "33", commit: "44", format: "jpeg", width: 1422, height: 1152, bytes: 415_537),
        model: .init(name: "m", version: "1", digest: "aa"),
        preprocessing: .init(id: "gray-bilinear-160-unit", sha256: "11"), label: label, probability: "0.98666966",
        scores: ["0.98666966"], threshold: "0.5", runtime: "kernels avx2", cached: false, durationUs: 31_000,
        sealed: sealed)
}
