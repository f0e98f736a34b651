mock_provider "archive" {}
mock_provider "google" {
  source = "./tests/mocks"
}
mock_provider "google-beta" {
  source = "./tests/mocks_beta"
}
mock_provider "time" {}

variables {
  project_id = "demo-project"
  api_keys   = { game = "1" }
}

run "deployed" {
  command = apply

  assert {
    condition     = google_cloudfunctions2_function.reconcile.build_config[0].entry_point == "reconcile" && google_cloudfunctions2_function.reconcile.build_config[0].source[0].storage_source[0].object == google_storage_bucket_object.source.name
    error_message = "reconcile is an entry point of the one bundle."
  }
  assert {
    condition     = google_cloudfunctions2_function.reconcile.service_config[0].max_instance_count == 1 && google_cloudfunctions2_function.reconcile.service_config[0].max_instance_request_concurrency == 1
    error_message = "One run at a time."
  }
  assert {
    condition     = google_cloudfunctions2_function.reconcile.service_config[0].ingress_settings == "ALLOW_INTERNAL_ONLY"
    error_message = "Nobody outside reaches reconcile."
  }
  assert {
    condition     = length(google_cloudfunctions2_function.reconcile.event_trigger) == 0
    error_message = "reconcile is called by the clock, not by events."
  }
  assert {
    condition = alltrue([
      for job in google_cloud_scheduler_job.reconcile :
      job.http_target[0].uri == "https://reconcile.run.app" && job.http_target[0].http_method == "POST"
    ])
    error_message = "Every job calls reconcile."
  }
  assert {
    condition = alltrue([
      for job in google_cloud_scheduler_job.reconcile :
      job.http_target[0].oidc_token[0].audience == job.http_target[0].uri && job.http_target[0].oidc_token[0].service_account_email == google_service_account.scheduler.email
    ])
    error_message = "Every job brings a token of the scheduler's account, made out to reconcile."
  }
  assert {
    condition     = google_cloud_run_v2_service_iam_member.scheduler_invokes_reconcile.name == google_cloudfunctions2_function.reconcile.name && google_cloud_run_v2_service_iam_member.scheduler_invokes_reconcile.member == google_service_account.scheduler.member && google_cloud_run_v2_service_iam_member.scheduler_invokes_reconcile.role == "roles/run.invoker"
    error_message = "The scheduler's account may call reconcile."
  }
  assert {
    condition = alltrue([
      for job in google_cloud_scheduler_job.reconcile :
      job.region == var.region && job.time_zone == "Etc/UTC"
    ])
    error_message = "Every job is in the deployment's region, and goes by UTC."
  }
  assert {
    condition = alltrue([
      for job in google_cloud_scheduler_job.reconcile :
      tonumber(trimsuffix(job.attempt_deadline, "s")) > google_cloudfunctions2_function.reconcile.service_config[0].timeout_seconds && tonumber(trimsuffix(job.attempt_deadline, "s")) <= 1800
    ])
    error_message = "A call is waited for until it has ended; Cloud Scheduler waits half an hour at most."
  }
  assert {
    condition = alltrue([
      for grant in [google_bigquery_dataset_iam_member.reconcile_appends, google_bigquery_dataset_iam_member.reconcile_queries, google_storage_bucket_iam_member.reconcile_reads, google_project_iam_member.reconcile_runs_jobs] :
      grant.member == google_service_account.reconcile.member
    ])
    error_message = "reconcile reads objects and rows, appends rows, and runs jobs, in its own name."
  }
}
