"""Alerts held against made-up days by `promtool test rules`: none on a good day, each on its own bad one."""

import yaml

from deployed_files import RULES, rules_by_name, run
from harness import SCRATCH, check, say

INSTANCE = 'instance="a:8000",job="pneumonia-detector"'
OTHER = 'up{instance="b:8000",job="pneumonia-detector"}'
TIMES = ("append", "inference", "prediction")
HISTOGRAMS = dict(zip(TIMES, (
    "cxrledger_append_duration_seconds", "pneumonia_detector_inference_duration_seconds", "prediction_duration_seconds")))
POSITIVE, NEGATIVE = ('status="success",prediction="PNEUMONIA"', 'status="success",prediction="NORMAL"')
FAILURE = 'status="failure",prediction=""'


def series(name, labels=""):
    return f"{name}{{{INSTANCE}{',' if labels else ''}{labels}}}"


def durations(name, are_long):
    """A histogram of one event a second, each below half a second or between five and ten."""
    quick = "0x120" if are_long else "0+60x120"
    return {series(f"{name}_bucket", f'le="{bound}"'): count
            for bound, count in [("0.5", quick), ("5", quick), ("10", "0+60x120"), ("+Inf", "0+60x120")]}


# Two hours, minute by minute, of two instances, of which one tells of a prediction a second.
GOOD = {
    OTHER: "1x120", series("up"): "1x120", series("cxrledger_read_only"): "0x120", series("cxrledger_behind_entries"): "0x120",
    series("cxrledger_chain_damaged", 'finder="scrubber"'): "0x120",
    series("cxrledger_check_status", 'check="lock"'): "0x120", series("cxrledger_checkpoint_lag_entries"): "0x120",
    series("cxrledger_log_size"): "0+60x120", series("cxrledger_projection_position"): "0+60x120",
    series("cxrledger_publication_lag_seconds", 'target="folder"'): "1x120",
    series("cxrledger_witness_quorum_lag_seconds"): "0x120", series("cxrledger_spool_records"): "0x120",
    series("pneumonia_detector_errors_total"): "0x120", series("predictions_total", NEGATIVE): "0+30x120",
    series("predictions_total", POSITIVE): "0+30x120", series("predictions_total", FAILURE): "0+1x120",
    series("pneumonia_detector_queue_size"): "3x120", series("http_requests_total", 'status_code="401"'): "0+6x120",
    series("http_requests_total", 'status_code="429"'): "0+6x120",
    series("pneumonia_detector_model_load_errors_total"): "0x120", series("pneumonia_detector_memory_percent"): "60x120",
    series("pneumonia_detector_cpu_percent"): "60x120", series("pneumonia_detector_disk_percent"): "60x120",
    **durations(HISTOGRAMS["append"], False), **durations(HISTOGRAMS["inference"], False),
    **durations(HISTOGRAMS["prediction"], False),
}

# What is different on the day of each alert.
BAD = {
    "ServiceDown": {series("up"): "0x120", OTHER: "0x60 stale"},
    "NoSpareInstance": {OTHER: "1x60 stale"},
    "InstanceDown": {series("up"): "0x120"},
    "ReadOnly": {series("cxrledger_read_only"): "1x120"},
    "LogBehind": {series("cxrledger_behind_entries"): "3x120"},
    "ChainDamaged": {series("cxrledger_chain_damaged", 'finder="scrubber"'): "1x120"},
    "CheckUnhealthy": {series("cxrledger_check_status", 'check="lock"'): "2x120"},
    "CheckDegraded": {series("cxrledger_check_status", 'check="lock"'): "1x120"},
    "SlowAppends": durations(HISTOGRAMS["append"], True),
    "CheckpointLag": {series("cxrledger_checkpoint_lag_entries"): "2000x120"},
    "ListsLag": {series("cxrledger_projection_position"): "0x120"},
    "PublicationLag": {series("cxrledger_publication_lag_seconds", 'target="folder"'): "0+60x120"},
    "WitnessQuorumLag": {series("cxrledger_witness_quorum_lag_seconds"): "0+60x120"},
    "SpooledReads": {series("cxrledger_spool_records"): "2x120"},
    "Errors": {series("pneumonia_detector_errors_total"): "0+12x120"},
    "ManyErrors": {series("pneumonia_detector_errors_total"): "0+60x120"},
    "PredictionsFail": {series("predictions_total", FAILURE): "0+20x120"},
    "SlowInference": durations(HISTOGRAMS["inference"], True),
    "SlowPredictions": durations(HISTOGRAMS["prediction"], True),
    "QueueLong": {series("pneumonia_detector_queue_size"): "200x120"},
    "Unauthorized": {series("http_requests_total", 'status_code="401"'): "0+120x120"},
    "TooManyRequests": {series("http_requests_total", 'status_code="429"'): "0+600x120"},
    "NoPredictions": {series("predictions_total", labels): "5x120" for labels in (NEGATIVE, POSITIVE, FAILURE)},
    "FewPredictions": {series("predictions_total", NEGATIVE): "0+1x120", series("predictions_total", POSITIVE): "0+1x120"},
    "PositiveRateHigh": {series("predictions_total", NEGATIVE): "0+3x120"},
    "PositiveRateLow": {series("predictions_total", POSITIVE): "0x120"},
    "ModelLoadErrors": {series("pneumonia_detector_model_load_errors_total"): "0x116 1x3"},
    "MemoryHigh": {series("pneumonia_detector_memory_percent"): "90x120"},
    "MemoryFull": {series("pneumonia_detector_memory_percent"): "97x120"},
    "CPUHigh": {series("pneumonia_detector_cpu_percent"): "90x120"},
    "DiskFilling": {series("pneumonia_detector_disk_percent"): "92x120"},
    "DiskFull": {series("pneumonia_detector_disk_percent"): "97x120"},
}


def day(different, firing, **tests):
    """One of promtool's tests: which alerts fire at the end of a day."""
    values = [{"series": name, "values": value} for name, value in (GOOD | different).items()]
    expected = [{"labels": "{}", "value": 1}] if firing else []
    alerts = 'ALERTS{alertstate="firing"' + (f',alertname="{firing}"' if firing else "") + "}"
    return {"interval": "1m", "input_series": values, **tests, "promql_expr_test": [
        {"expr": f"count({alerts})", "eval_time": "119m", "exp_samples": expected}]}


def check_alerts():
    rules = rules_by_name()
    check(set(BAD) == set(rules), "without a day:", set(rules) ^ set(BAD))
    behind = {"alertname": "LogBehind", "eval_time": "1m", "exp_alerts": [{
        "exp_labels": {"severity": "critical", "instance": "a:8000", "job": "pneumonia-detector"},
        "exp_annotations": {
            "summary": "The database lacks 3 entries that were acknowledged (BEHIND)",
            "action": rules["LogBehind"]["annotations"]["action"]}}]}
    days = [day({}, None)] + [day(different, name) for name, different in BAD.items()]
    days.append(day(BAD["LogBehind"], "LogBehind", alert_rule_test=[behind]))
    days.append({"interval": "1m", "input_series": [{"series": "other", "values": "1x120"}], "promql_expr_test": [
        {"expr": 'count(ALERTS{alertname="ServiceDown",alertstate="firing"})', "eval_time": "5m",
         "exp_samples": [{"labels": "{}", "value": 1}]}]})
    file = SCRATCH / "days.yml"
    file.write_text(yaml.safe_dump({"rule_files": [str(RULES)], "evaluation_interval": "1m", "tests": days}))
    run("promtool", "test", "rules", file)
    say("promtool: no alert on a good day, each of", len(rules), "on its own bad one")
