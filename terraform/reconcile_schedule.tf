# When `reconcile` is called, and in whose name: docs/decisions/0011-reconcile-on-a-schedule.md
# and 0015-the-ledger-in-the-warehouse.md.
locals {
  # All runs ask the receipts what was not loaded: the frequent ones those of the
  # last day, the nightly one further back than Pub/Sub keeps an event. It also
  # looks at the bucket, and removes the rows of requests that were repeated on
  # another day: late, as BigQuery changes no row that it still streams.
  #
  # One run at a time, and another call is refused. So no two calls have the
  # same half-hour: a run may take all of it, whatever there is to load, and the
  # nightly one is never kept out.
  _recent = { budget_minutes = 21, days = 1 }
  _schedules = {
    nightly   = { cron = "0 2 * * *", retries = 2, body = { budget_minutes = 21, days = 8, list_bucket = true, remove_repeated = true } }
    recent-00 = { cron = "0 0-1,3-23 * * *", retries = 0, body = local._recent }
    recent-30 = { cron = "30 * * * *", retries = 0, body = local._recent }
  }
}

resource "google_service_account" "scheduler" {
  account_id   = "${local.name}-scheduler"
  display_name = "Analytics: calls reconcile"
  depends_on   = [time_sleep.services]
}

resource "google_cloud_run_v2_service_iam_member" "scheduler_invokes_reconcile" {
  name     = google_cloudfunctions2_function.reconcile.name
  location = google_cloudfunctions2_function.reconcile.location
  role     = "roles/run.invoker"
  member   = google_service_account.scheduler.member
}

# Every region that has API Gateway has Cloud Scheduler.
resource "google_cloud_scheduler_job" "reconcile" {
  for_each = local._schedules

  name        = "${local.name}-reconcile-${each.key}"
  region      = var.region
  description = "Loads what lacks rows, of all that was received in the last ${each.value.body.days * 24} hours."
  schedule    = each.value.cron
  time_zone   = "Etc/UTC"
  # Longer than the function has, or it would be called while it still runs.
  attempt_deadline = "${google_cloudfunctions2_function.reconcile.service_config[0].timeout_seconds + 60}s"

  # After a frequent run the next one is near, and BigQuery takes 1,500 load jobs
  # a day. A night is tried again, no sooner than the instance that failed is
  # gone: the frequent calls that it keeps out look at nothing that it does not.
  retry_config {
    retry_count          = each.value.retries
    min_backoff_duration = "300s"
  }

  http_target {
    http_method = "POST"
    uri         = google_cloudfunctions2_function.reconcile.service_config[0].uri
    headers     = { "Content-Type" = "application/json" }
    body        = base64encode(jsonencode(each.value.body))

    oidc_token {
      service_account_email = google_service_account.scheduler.email
      audience              = google_cloudfunctions2_function.reconcile.service_config[0].uri
    }
  }

  depends_on = [
    google_cloud_run_v2_service_iam_member.scheduler_invokes_reconcile,
    google_project_iam_member.agent,
  ]
}
