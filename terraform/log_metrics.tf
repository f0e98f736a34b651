# Metrics over the functions' own log lines, whose events and fields are those
# of functions/analytics_pipeline/logs.py.
locals {
  # By name, as metrics and sink are there before the first line is written.
  _log_lines = "resource.type=\"cloud_run_revision\" AND resource.labels.service_name=(${join(" OR ", [
    for function in ["ingest", "load", "reconcile"] : "\"${local.name}-${function}\""
  ])})"
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

  depends_on = [time_sleep.services]
}

resource "google_logging_metric" "dead_letters" {
  name        = "${local.name}-dead-letters"
  description = "Objects of which something became a dead letter."
  filter = join(" ", [
    local._log_lines,
    "AND ((jsonPayload.event=\"object_loaded\" AND jsonPayload.dead_letters>0)",
    "OR jsonPayload.event=\"object_dead_lettered\")",
  ])

  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = "INT64"
  }

  depends_on = [time_sleep.services]
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

  depends_on = [time_sleep.services]
}

# A policy on a metric that Cloud Monitoring does not know yet is refused, for up
# to ten minutes. In a first apply the gateway, which policies look at, too,
# takes longer than that; a metric that is added later has this wait.
resource "time_sleep" "log_metrics" {
  create_duration = "120s"
  triggers = {
    for metric in [
      google_logging_metric.dead_letters,
      google_logging_metric.events,
      google_logging_metric.failed_calls,
      google_logging_metric.load_lag,
      google_logging_metric.oldest_unloaded,
      google_logging_metric.repairs,
    ] : metric.name => metric.id
  }
}
