import Concurrency
import Storage

extension Application {
    /// Puts into the metrics what health says, whether events can be recorded, and how far lists and publication are.
    func measureStore() async {
        for (name, help) in [
            ("pneumonia_detector_model_load_errors_total", "Model files that were refused."),
            ("cxrledger_authentication_failed_total", "Keys that were refused."),
            ("cxrledger_authorization_denied_total", "Requests that a role did not allow."),
            ("cxrledger_spooled_total", "Reads that were kept in the spool."),
        ] { metrics.count(name, help, by: 0) }  // there before the first one, or its increase would not be seen
        let locked = lockedSize() ?? 0  // before the log, which may go on meanwhile
        let health = await self.health()
        let statuses = health.checks.mapValues(\.status)
        for (check, status) in statuses {
            metrics.set(
                "cxrledger_check_status", "What health says: 0 healthy, 1 degraded, 2 unhealthy.", [("check", check)],
                to: status == "healthy" ? 0 : status == "degraded" ? 1 : 2)
        }
        metrics.set(
            "cxrledger_read_only", "Whether no event can be recorded, for which health says why.",
            to: statuses["lock"] == "healthy" && statuses["storage"] == "healthy" ? 0 : 1)
        metrics.set("cxrledger_checkpoint_size", "Entries that the checkpoint lock promises.", to: Double(locked))
        guard statuses["storage"] != "unhealthy" else { return }
        let size = UInt64(health.chain.lastIndex + 1)
        metrics.set("cxrledger_log_size", "Entries in the log.", to: Double(size))
        metrics.set(
            "cxrledger_projection_position", "Events that the lists have seen.",
            to: Double(size) - Double(health.chain.lag))
        await measurePublication()
        metrics.set(
            "cxrledger_checkpoint_lag_entries", "Committed entries that the checkpoint lock does not promise yet.",
            to: Double(size > locked ? size - locked : 0))
        metrics.set(
            "cxrledger_behind_entries", "Entries that were promised and are not in the database: it is BEHIND.",
            to: Double(locked > size ? locked - size : 0))
    }

    /// The machine's load, under the names of the service that this one replaces.
    func measureMachine() {
        let load = MachineLoad(of: home.path)
        let processor = processorTimes.withLock { before in
            defer { before = load.processor }
            return load.processor.busyPercent(since: before)
        }
        let values = [
            ("cpu_percent", "Processor time in use since the last scrape, in percent of all.", processor),
            ("memory_percent", "Memory in use, in percent of the machine's.", load.memoryPercent),
            ("memory_used_bytes", "Memory in use.", load.memoryUsedBytes),
            ("disk_percent", "Space in use where CXRLEDGER_HOME lies, in percent.", load.diskPercent),
        ]
        for (name, help, value) in values { metrics.set("pneumonia_detector_\(name)", help, to: value) }
        metrics.set("process_resident_memory_bytes", "Memory of this process.", to: load.residentBytes)
    }
}
