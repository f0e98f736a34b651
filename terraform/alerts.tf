locals {
  # Each fires when `value` of the last five minutes (`window`: of so many
  # seconds) is above the threshold for so many minutes; `then` is what to do.
  _alerts = {
    backlog_age = {
      title = "Events wait to be loaded", value = "MAX", above = 900, minutes = 5
      then  = "The oldest event has waited for 15 minutes. Nothing is lost yet: see what `load` logs as `load_failed`."
    }
    dead_letters = {
      title = "Dead letters appeared", value = "SUM", above = 0, minutes = 0
      then  = "The view `open_dead_letters` has them, and its column `reason` says why."
    }
    defects = {
      title = "The pipeline has a defect", value = "SUM", above = 0, minutes = 0
      then  = "A request failed for no known reason, Cloud Storage stored other bytes than were sent, or an event was none: see the log lines of severity ERROR and CRITICAL."
    }
    failed_calls = {
      title = "Reconciling fails", value = "SUM", above = 2, minutes = 0, window = 7200
      then  = "Three scheduled calls of `reconcile` failed within two hours. What is not delivered stays without rows until one succeeds: see what it logs as `reconcile_failed`, and the log of the Cloud Scheduler job for calls that never arrived."
    }
    load_errors = {
      title = "Loading fails", value = "SUM", above = 10, minutes = 10
      then  = "Eventarc delivers again, so nothing is lost yet. See what `load` logs as `load_failed`, then the state and the rights of BigQuery."
    }
    repairs = {
      title = "Delivery fails, and reconcile steps in", value = "SUM", above = 1, minutes = 0, window = 7200
      then  = "Twice within two hours `reconcile` had to load objects, or could not. What it loaded has its rows, up to an hour late: look for the trigger of `load`, its backlog, and what it logs as `load_failed`. What it could not load it logs as `repair_failed`, and tries again in every run."
    }
    receipt_errors = {
      title = "Receipts are missing", value = "SUM", above = 0, minutes = 0
      then  = "Cloud Logging could not write lines of the functions into the table of receipts: `reconcile` does not see the objects that they are about before it looks at the bucket, at night. May the account of the sink write to the dataset? What does its table `export_errors` say?"
    }
    # Nights, too: two of them are within 25 hours, the most there is, and each
    # is tried again. One night that got through at its second try is none.
    unfinished = {
      title = "Reconcile does not get through", value = "SUM", above = 2, minutes = 0, window = 90000
      then  = "Three runs of `reconcile` within 25 hours left something to the next one. After an outage that passes. Else there is more to load than it can, or what cannot be loaded: see what it logs as `reconcile_unfinished` and `repair_failed`, and what the command `audit` says."
    }
    oldest_unloaded = {
      title = "Objects stay without rows", value = "MAX", aligner = "PERCENTILE_99", above = local._unloaded_hours * 60 * 60, minutes = 0
      then  = "An object was accepted ${local._unloaded_hours} hours ago, and runs of `reconcile` have not loaded it. See what it logs as `repair_failed`, `reconcile_failed` and `reconcile_unfinished`."
    }
    undelivered = {
      title = "Eventarc gave up on events", value = "MAX", above = 0, minutes = 0
      then  = "`reconcile` loads their objects within the hour. Mend what kept `load` from working, then forget the messages: docs/deploy.md says how."
    }
    unloadable = {
      title = "A client sends what can never be loaded", value = "SUM", above = 0, minutes = 0
      then  = "A body of the category `function` is not JSON. It is stored below data_type=unknown/, and `not_loadable` in the log names the object."
    }
  }
}

resource "google_monitoring_alert_policy" "threshold" {
  for_each = merge(local._alerts, local._volume_alerts)

  display_name          = "${local.name}: ${each.value.title}"
  combiner              = "OR"
  notification_channels = local._channels

  conditions {
    display_name = each.value.title
    condition_threshold {
      filter          = local._metrics[each.key]
      comparison      = "COMPARISON_GT"
      threshold_value = each.value.above
      duration        = "${each.value.minutes * 60}s"
      aggregations {
        alignment_period     = "${try(each.value.window, 300)}s"
        per_series_aligner   = "ALIGN_${try(each.value.aligner, each.value.value)}"
        cross_series_reducer = "REDUCE_${try(each.value.reducer, each.value.value)}"
        group_by_fields      = try(each.value.by, null)
      }
    }
  }
  documentation {
    content = each.value.then
  }

  depends_on = [time_sleep.log_metrics]
}

# One request in a hundred for ten minutes.
resource "google_monitoring_alert_policy" "error_ratio" {
  display_name          = "${local.name}: Requests fail"
  combiner              = "OR"
  notification_channels = local._channels

  conditions {
    display_name = "More than 1 % of requests are answered with 5xx"
    condition_threshold {
      filter             = local._metrics.ingest_errors
      denominator_filter = local._metrics.ingest_requests
      comparison         = "COMPARISON_GT"
      threshold_value    = 0.01
      duration           = "600s"
      aggregations {
        alignment_period     = "300s"
        per_series_aligner   = "ALIGN_RATE"
        cross_series_reducer = "REDUCE_SUM"
      }
      denominator_aggregations {
        alignment_period     = "300s"
        per_series_aligner   = "ALIGN_RATE"
        cross_series_reducer = "REDUCE_SUM"
      }
    }
  }
  documentation {
    content = "Clients send again what was not answered with 200. See what `ingest` logs as `request_unavailable` and its `reason`."
  }
}
