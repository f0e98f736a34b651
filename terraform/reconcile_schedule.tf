# When `reconcile` is called, and in whose name:
# docs/decisions/0011-reconcile-on-a-schedule.md.
locals {
  # The frequent runs look back one day, at the dates near it; the nightly one
  # looks at every date, and further back than Pub/Sub keeps an event, and
  # removes the rows of requests that were repeated on another day: late, as
  # BigQuery changes no row that is still in its streaming buffer. All list
  # objects and query rows, and what they leave out costs nothing.
  _schedules = {
    nightly = { cron = "10 2 * * *", body = { budget_minutes = 20, days = 8, remove_repeated = true } }
    recent  = { cron = "*/30 * * * *", body = { days = 1, nearby_only = true } }
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

  # Once more, no sooner than the instance that failed is gone; then the next
  # scheduled call is near, and BigQuery takes 1,500 load jobs a day.
  retry_config {
    retry_count          = 1
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

  depends_on = [google_cloud_run_v2_service_iam_member.scheduler_invokes_reconcile]
}
