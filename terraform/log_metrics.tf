# Metrics over the functions' own log lines, whose events and fields are those
# of functions/analytics_pipeline/logs.py.
locals {
  _log_lines = "resource.type=\"cloud_run_revision\" AND resource.labels.service_name=(${join(" OR ", [
    for function in [
      google_cloudfunctions2_function.ingest,
      google_cloudfunctions2_function.load,
      google_cloudfunctions2_function.reconcile,
    ] : "\"${function.name}\""
  ])})"
  _run_ended = "\"objects_reconciled\" OR \"reconcile_unfinished\""
}

resource "google_logging_metric" "events" {
  name        = "${local.name}-log-events"
  description = "Log lines of the functions, by event."
  filter      = "${local._log_lines} AND jsonPayload.event:*"

  label_extractors = {
    event = "EXTRACT(jsonPayload.event)"
  }
  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = "INT64"
    labels {
      key        = "event"
      value_type = "STRING"
    }
  }
}

resource "google_logging_metric" "dead_letters" {
  name        = "${local.name}-dead-letters"
  description = "Objects, or runs of reconcile, of which something became a dead letter."
  filter = join(" ", [
    local._log_lines,
    "AND ((jsonPayload.event=(\"object_loaded\" OR ${local._run_ended})",
    "AND jsonPayload.dead_letters>0) OR jsonPayload.event=\"object_dead_lettered\")",
  ])

  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = "INT64"
  }
}

resource "google_logging_metric" "load_lag" {
  name            = "${local.name}-load-lag"
  description     = "From the object to its rows."
  filter          = "${local._log_lines} AND jsonPayload.event=\"object_loaded\""
  value_extractor = "EXTRACT(jsonPayload.lag_seconds)"

  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = "DISTRIBUTION"
    unit        = "s"
  }
  # From a tenth of a second to five days.
  bucket_options {
    exponential_buckets {
      num_finite_buckets = 22
      growth_factor      = 2
      scale              = 0.1
    }
  }
}

# Cloud Scheduler's own record has the calls that never arrived, too.
resource "google_logging_metric" "failed_calls" {
  name        = "${local.name}-failed-calls"
  description = "Scheduled calls of reconcile that did not succeed."
  filter = "resource.type=\"cloud_scheduler_job\" AND severity>=ERROR AND resource.labels.job_id=(${join(" OR ", [
    for job in google_cloud_scheduler_job.reconcile : "\"${job.name}\""
  ])})"

  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = "INT64"
  }
}

resource "google_logging_metric" "repairs" {
  name        = "${local.name}-repairs"
  description = "Runs of reconcile that had to load something, and what they could not load."
  filter = join(" ", [
    local._log_lines,
    "AND ((jsonPayload.event=(${local._run_ended}) AND jsonPayload.objects>0)",
    "OR jsonPayload.event=\"repair_failed\")",
  ])

  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = "INT64"
  }
}

# A policy on a metric that Cloud Monitoring does not know yet is refused.
resource "time_sleep" "log_metrics" {
  create_duration = "30s"
  depends_on = [
    google_logging_metric.dead_letters,
    google_logging_metric.events,
    google_logging_metric.failed_calls,
    google_logging_metric.load_lag,
    google_logging_metric.repairs,
  ]
}
