# What ought to happen, and does not.
locals {
  _absences = {
    ingest_requests = {
      title  = "No traffic", hours = var.alerts.silence_hours
      absent = "No request for ${var.alerts.silence_hours} hours"
      then   = "Do clients still reach the gateway, with a key that it accepts? Keys are replaced when their rotation string changes."
    }
    # Only what once was is missed: runs that never succeed are `failed_calls`.
    reconciled = {
      title  = "Nothing is reconciled", hours = 3
      absent = "No run of reconcile got through for 3 hours"
      then   = "What is not delivered stays without rows until a run gets through. Are the Cloud Scheduler jobs there and not paused? Does `reconcile` log `reconcile_failed` or `reconcile_unfinished`, or run out of time?"
    }
  }
}

resource "google_monitoring_alert_policy" "absence" {
  for_each = local._absences

  display_name          = "${local.name}: ${each.value.title}"
  combiner              = "OR"
  notification_channels = local._channels

  conditions {
    display_name = each.value.absent
    condition_absent {
      filter   = local._metrics[each.key]
      duration = "${each.value.hours * 60 * 60}s"
      aggregations {
        alignment_period     = "300s"
        per_series_aligner   = "ALIGN_RATE"
        cross_series_reducer = "REDUCE_SUM"
      }
    }
  }
  documentation {
    content = each.value.then
  }

  depends_on = [time_sleep.log_metrics]
}
