# Metrics over what the runs of `reconcile`, and its calls, leave in the log.
locals {
  _run_ended = "\"objects_reconciled\" OR \"reconcile_unfinished\""
  # Longer than two runs and what they wait for delivery.
  _unloaded_hours = 4
}

resource "google_logging_metric" "oldest_unloaded" {
  name            = "${local.name}-oldest-unloaded"
  description     = "Age of the oldest object without a receipt when a run of reconcile began."
  filter          = "${local._log_lines} AND jsonPayload.event=(${local._run_ended})"
  value_extractor = "EXTRACT(jsonPayload.oldest_unloaded_seconds)"

  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = "DISTRIBUTION"
    unit        = "s"
  }
  # A percentile is guessed between two of them: the alert's own is one.
  bucket_options {
    explicit_buckets {
      bounds = [for hours in [0.25, 0.5, 1, 2, local._unloaded_hours, 8, 24, 48, 96, 192] : hours * 60 * 60]
    }
  }

  depends_on = [time_sleep.services]
}

# Cloud Scheduler's own record has the calls that never arrived, too. A call
# that came while a run was at work is refused with 429, and misses nothing.
resource "google_logging_metric" "failed_calls" {
  name        = "${local.name}-failed-calls"
  description = "Scheduled calls of reconcile that did not succeed."
  filter = "resource.type=\"cloud_scheduler_job\" AND severity>=ERROR AND NOT httpRequest.status=429 AND resource.labels.job_id=(${join(" OR ", [
    for name in keys(local._schedules) : "\"${local.name}-reconcile-${name}\""
  ])})"

  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = "INT64"
  }

  depends_on = [time_sleep.services]
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

  depends_on = [time_sleep.services]
}
