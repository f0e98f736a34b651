"""Alerts, dashboard and log exclusions speak of metrics and log lines that exist."""

import ast
import dataclasses
import json
import re

import pytest

from analytics_pipeline import logs
from analytics_pipeline.reconcile.repair_jobs import RepairCounts
from checkout import ROOT

pytestmark = pytest.mark.terraform

# Google Cloud metrics list (cloud.google.com/monitoring/api/metrics_gcp), with the labels we use.
PLATFORM_METRICS = {
    "apigateway.googleapis.com/proxy/request_count": {"response_code_class"},
    "bigquery.googleapis.com/storage/uploaded_row_count": {"table"},
    "logging.googleapis.com/exports/error_count": set(),
    "pubsub.googleapis.com/subscription/num_undelivered_messages": set(),
    "pubsub.googleapis.com/subscription/oldest_unacked_message_age": set(),
    "run.googleapis.com/container/billable_instance_time": set(),
    "run.googleapis.com/container/instance_count": {"state"},
    "run.googleapis.com/request_count": {"response_code", "response_code_class"},
    "run.googleapis.com/request_latencies": {"response_code_class"},
    "serviceruntime.googleapis.com/api/request_count": {"response_code", "response_code_class"},
    "storage.googleapis.com/api/request_count": {"method"},
    "storage.googleapis.com/network/received_bytes_count": {"method"},
    "storage.googleapis.com/storage/total_bytes": {"storage_class"},
}
RESOURCE_LABELS = {"consumed_api": {"credential_id", "service"}}  # of monitored resources
ALARMED = {"not_loadable", "event_malformed", "request_failed", "write_corrupt"}
PATTERN = r"metric\.labels\.event=one_of\(([^)]+)\)"
RUNS_THAT_ENDED = {"objects_reconciled", "reconcile_unfinished"}


def alert_filters(deployment):
    """Return the filters of all alert policies."""
    text = json.dumps([each.values for each in deployment.all("google_monitoring_alert_policy")])
    return [json.loads(f'"{each}"') for each in re.findall(r'filter": "((?:\\.|[^"\\])+)"', text)]


def charts_of(deployment):
    """Return the filters and labels of the dashboard, by the title of the chart."""
    (dashboard,) = deployment.all("google_monitoring_dashboard")
    layout = json.loads(dashboard.values["dashboard_json"])["gridLayout"]
    return {
        widget["title"]: [
            each["timeSeriesQuery"]["timeSeriesFilter"] for each in widget["xyChart"]["dataSets"]
        ]
        for widget in layout["widgets"]
    }


def metric_in(text):
    """Return the metric that a filter names."""
    return re.search(r'metric\.type="([^"]+)"', text)[1]


def events_in(pattern, text):
    """Return the log events that what the pattern finds in a filter names."""
    return {name for group in re.findall(pattern, text) for name in re.findall(r"[a-z_]+", group)}


def fields_written(event):
    """Return the fields that the code gives to a log event."""
    fields = set()
    for path in (ROOT / "functions").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("logs.write"):
                name = node.args and ast.unparse(node.args[0]).strip("'")
                given = {each.arg or ast.unparse(each.value) for each in node.keywords}
                fields |= given if name == event else set()
    repair = {field.name for field in dataclasses.fields(RepairCounts)}
    return fields | repair if "counts" in fields else fields


class TestMetrics:
    def test_exist(self, main, staging):
        """Every metric is the platform's, or one that the deployment itself makes of log lines."""
        for deployment in (main, staging):
            logged = {each.values["name"] for each in deployment.all("google_logging_metric")}
            known = {*PLATFORM_METRICS, *(f"logging.googleapis.com/user/{name}" for name in logged)}
            charts = [each["filter"] for chart in charts_of(deployment).values() for each in chart]

            used = {metric_in(each) for each in [*alert_filters(deployment), *charts]}
            assert set() == used - known
            assert 6 == len(logged)

    def test_log_lines(self, main):
        """Metrics over log lines name registered events, and fields that those have."""
        filters = {each.name: each.values["filter"] for each in main.all("google_logging_metric")}
        pattern = r"jsonPayload\.event=(\([^)]+\)|\"\w+\")"
        events = {name: events_in(pattern, text) for name, text in filters.items()}
        lag = main.one("google_logging_metric", "load_lag")

        assert {"object_loaded"} == events["load_lag"]
        assert {"object_loaded", "object_dead_lettered"} == events["dead_letters"]
        assert RUNS_THAT_ENDED == events["oldest_unloaded"]
        assert {"repair_failed", *RUNS_THAT_ENDED} == events["repairs"]
        assert set().union(*events.values()) <= logs.EVENTS.keys()
        assert {"dead_letters", "lag_seconds"} <= fields_written("object_loaded")
        for event in RUNS_THAT_ENDED:
            assert {"objects", "oldest_unloaded_seconds"} <= fields_written(event)
        assert "EXTRACT(jsonPayload.lag_seconds)" == lag["value_extractor"]
        assert "jsonPayload.dead_letters>0" in filters["dead_letters"]
        assert "jsonPayload.objects>0" in filters["repairs"]
        assert "AND NOT httpRequest.status=429 AND" in filters["failed_calls"]


class TestAlerts:
    def test_events(self, main):
        """What the log calls worse than an error of the moment is an alert."""
        filters = " ".join(alert_filters(main))
        events = events_in(PATTERN, filters)

        assert ALARMED | RUNS_THAT_ENDED == events
        assert events <= logs.EVENTS.keys()
        assert {name for name, level in logs.EVENTS.items() if level == "CRITICAL"} <= events

    def test_told(self, staging):
        """Every alert reaches the given channels and addresses, and says what to do."""
        (email,) = staging.all("google_monitoring_notification_channel")
        channels = [email.values["id"], "projects/p/notificationChannels/1"]

        assert {"email_address": "ops@example.com"} == email.values["labels"]
        for each in staging.all("google_monitoring_alert_policy"):
            assert channels == each.values["notification_channels"]
            assert each.values["documentation"][0]["content"]

    def test_runs_that_get_through_are_missed(self, main):
        """A run that leaves something, or fails, is none that got through."""
        (condition,) = main.one("google_monitoring_alert_policy", "absence[reconciled]")[
            "conditions"
        ]
        absent = condition["condition_absent"][0]

        assert {"objects_reconciled"} == events_in(PATTERN, absent["filter"])
        assert "10800s" == absent["duration"]

    def test_objects_that_stay_without_rows(self, main):
        """An age above four hours is an alert; its percentile is exact just there."""
        (condition,) = main.one("google_monitoring_alert_policy", "threshold[oldest_unloaded]")[
            "conditions"
        ]
        threshold = condition["condition_threshold"][0]
        (aggregation,) = threshold["aggregations"]
        metric = main.one("google_logging_metric", "oldest_unloaded")
        bounds = metric["bucket_options"][0]["explicit_buckets"][0]["bounds"]

        assert (14_400, "0s") == (threshold["threshold_value"], threshold["duration"])
        assert "ALIGN_PERCENTILE_99" == aggregation["per_series_aligner"]
        assert "EXTRACT(jsonPayload.oldest_unloaded_seconds)" == metric["value_extractor"]
        assert sorted(bounds) == bounds
        assert {14_400, 8 * 86_400} <= set(bounds)  # the alert, and what the nightly run looks at

    def test_a_repair_that_fails(self, main):
        """A group that could not be loaded counts like one that had to be."""
        text = main.one("google_logging_metric", "repairs")["filter"]

        assert 'OR jsonPayload.event="repair_failed")' in text
        assert (
            "repair_failed"
            in main.one("google_monitoring_alert_policy", "threshold[repairs]")["documentation"][0][
                "content"
            ]
        )


class TestDashboard:
    def test_labels(self, main):
        """Charts are divided by labels that their metrics have."""
        for each in [each for chart in charts_of(main).values() for each in chart]:
            for label in each["aggregation"].get("groupByFields", ()):
                kind, name = label.split(".label.")
                resource = re.search(r'resource\.type="([^"]+)"', each["filter"])[1]
                known = {"metric": PLATFORM_METRICS, "resource": RESOURCE_LABELS}[kind]
                assert name in known[metric_in(each["filter"]) if kind == "metric" else resource]


class TestRequestLogs:
    def test_excluded(self, main):
        """No log that holds URLs with keys is stored: ingest's, the gateway's, the service's."""
        (exclusion,) = main.all("google_logging_project_exclusion")
        managed = main.one("google_api_gateway_api", "events")["managed_service"]
        text = exclusion.values["filter"]

        assert {
            "apigateway.googleapis.com/requests",
            "run.googleapis.com/requests",
            f"{managed}/endpoints_log",
        } == set(re.findall(r'log_id\("([^"]+)"\)', text))
        assert 'resource.labels.service_name="analytics-ingest"' in text
        assert 'resource.labels.gateway_id="analytics"' in text
        assert "stdout" not in text
