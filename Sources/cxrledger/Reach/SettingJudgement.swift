import FoundationEssentials
import Glibc
import HTTPServer
import PostgresStorage
import Service
import Storage

/// What this machine says of settings that read well: whether they can be used to serve.
enum SettingJudgement {
    /// Every setting that cannot be used; nothing that is there is changed, and nothing stays behind.
    ///
    /// `isPatient` takes a database server or an object store that does not answer for one that will.
    static func problems(of settings: Settings, isPatient: Bool = false) async -> [SettingsError.Problem] {
        var reasons: [(name: String, reason: String?)] = [
            ("CXRLEDGER_HOME", reason(against: settings.home, isFolder: true)),
            ("CXRLEDGER_LOCK", reason(against: settings.lock)), ("LOG_FILE", reason(against: settings.logFile)),
            ("TLOG_DIR", reason(against: settings.tlogFolder, isFolder: true)),
        ]
        if let database = settings.sqlitePath {
            reasons.append(("DATABASE_URL", reason(against: database)))
            for (name, address) in [
                ("DATABASE_READ_URL", settings.standbyURL), ("DATABASE_SECRETS_URL", settings.secretsURL),
            ] where address != nil { reasons.append((name, "DATABASE_URL names a SQLite file")) }
        } else {
            reasons.append(("DATABASE_URL", reason(againstDatabase: settings.databaseURL, isPatient)))
            // Whoever serves records that it is refused.
            if settings.isProduction, !isPatient {
                reasons.append(("DATABASE_URL", weakness(of: settings.databaseURL)))
            }
            if let secrets = settings.secretsURL {
                reasons.append(("DATABASE_SECRETS_URL", await reason(againstSecrets: secrets, isPatient)))
            }
            if let standby = settings.standbyURL {
                reasons.append(("DATABASE_READ_URL", reason(againstDatabase: standby, isPatient)))
            }
        }
        if !Home(settings.home).isInitialised, !InputFile.exists(settings.modelPath) {
            let reason = "\(settings.modelPath) is not there, and there is no log that knows another model"
            reasons.append(("MODEL_PATH", reason))
        }
        if let policy = settings.policy {
            do { try PolicyFile.check(policy) } catch { reasons.append(("TLOG_POLICY", error.detail)) }
        }
        if settings.timestampCA != nil {
            do { try settings.checkTimestampCA() } catch { reasons.append(("TSA_CA", error.detail)) }
        }
        if let error = await settings.blobProblem(), !(isPatient && error.code == "store-unavailable") {
            reasons.append(("BLOBS_S3", "\(error.detail) (\(error.cause ?? error.code))"))
        }
        do { try HTTPServer.check(host: settings.host) } catch {
            reasons.append(("API_HOST", "\(settings.host) is no address of this machine, or no name of one"))
        }
        return reasons.compactMap { name, reason in reason.map { SettingsError.Problem(name, $0) } }
    }

    /// Why a PostgreSQL database cannot be read; nil when it can.
    private static func reason(againstDatabase address: String, _ isPatient: Bool) -> String? {
        do throws(StorageError) {
            _ = try PostgresBackend(address: address, isReadOnly: true).origins()
            return nil
        } catch {
            let reason = error.code == .schema ? error.description : error.detail
            return isPatient && error.code == .unavailable ? nil : reason
        }
    }

    /// Why the secrets of patients cannot be read there; nil when they can.
    private static func reason(againstSecrets address: String, _ isPatient: Bool) async -> String? {
        do throws(StorageError) {
            let backend = PostgresBackend(address: address, secrets: address, isReadOnly: true)
            _ = try await backend.openSecrets(origin: "").sample()
            return nil
        } catch { return isPatient && error.code == .unavailable ? nil : error.detail }
    }

    /// Which of its own settings a database must not have in production; nil when there is none.
    private static func weakness(of address: String) -> String? {
        let weaknesses = (try? PostgresBackend(address: address, isReadOnly: true).weaknesses()) ?? []
        let broken = weaknesses.filter(\.breaksPromise).map(\.setting)
        return broken.isEmpty
            ? nil : "it runs with \(broken.joined(separator: ", ")): what it acknowledges could be lost"
    }

    /// Why a file, or a folder, cannot be written or created at a path; nil when it can.
    private static func reason(against path: String, isFolder: Bool = false) -> String? {
        if InputFile.exists(path), InputFile.isFolder(path) != isFolder {
            return isFolder ? "\(path) is a file, and a folder is needed" : "\(path) is a folder, and a file is needed"
        }
        if !isFolder, InputFile.exists(path) {
            return unsafe access(path, W_OK) == 0 ? nil : "\(path) cannot be written to"
        }
        let above = nearest(path)
        guard InputFile.isFolder(above) else { return "\(above) is no folder" }
        // Rights alone do not tell: to root they forbid nothing, and some file systems take no files.
        var name = Array("\(above)/.cxrledger-check-XXXXXX".utf8CString)
        let descriptor = unsafe mkstemp(&name)
        guard descriptor >= 0 else { return "\(above) takes no new files (\(unsafe String(cString: strerror(errno))))" }
        close(descriptor)
        unsafe unlink(name)
        return nil
    }

    /// The path, or what is there of the way to it.
    private static func nearest(_ path: String) -> String {
        var path = path
        while !InputFile.exists(path) { path = DurableFile.folder(of: path) }
        return path
    }
}
