# HTTP function that Cloud Scheduler calls: what lacks rows is loaded after all.
resource "google_service_account" "reconcile" {
  account_id   = "${local.name}-reconcile"
  display_name = "Analytics: loads what was not delivered"
  depends_on   = [time_sleep.services]
}

resource "google_cloudfunctions2_function" "reconcile" {
  name        = "${local.name}-reconcile"
  location    = var.region
  description = "Loads stored objects that lack rows in BigQuery."

  build_config {
    runtime           = "python313"
    entry_point       = "reconcile"
    service_account   = google_service_account.build.id
    docker_repository = google_artifact_registry_repository.images.id
    source {
      storage_source {
        bucket = google_storage_bucket.source.name
        object = google_storage_bucket_object.source.name
      }
    }
  }

  # One run at a time: a second one would find the same work. Memory holds the
  # objects of a load job and its file. A run looks at the clock between load
  # jobs, so the last one may take its time, within what a caller can wait for.
  service_config {
    available_cpu                    = "1"
    available_memory                 = "1Gi"
    max_instance_request_concurrency = 1
    max_instance_count               = 1
    timeout_seconds                  = 1740
    service_account_email            = google_service_account.reconcile.email
    # Cloud Scheduler of the same project is internal, at the run.app address
    # (Cloud Run guide, "Restrict network ingress").
    ingress_settings = "ALLOW_INTERNAL_ONLY"

    environment_variables = {
      BIGQUERY_DATASET     = google_bigquery_dataset.events.dataset_id
      BUCKET_NAME          = google_storage_bucket.events.name
      GOOGLE_CLOUD_PROJECT = var.project_id
      LOG_EXECUTION_ID     = local._log_execution_id
      # Of the library that lists: or it asks for the bucket's own metadata
      # beside, which only telemetry needs and nobody here may read.
      DISABLE_GCS_PYTHON_CLIENT_OTEL_BUCKET_METADATA = "true"
    }
  }

  # It loads into the tables, and its queries name the views, too.
  depends_on = [
    google_bigquery_table.partitioned,
    google_bigquery_table.view,
    time_sleep.build_grants,
    time_sleep.receipt_grants,
  ]
}

# Queries and load jobs belong to a project, so this cannot be narrower. It
# shows no table: what a job may read and write is granted on the dataset.
resource "google_project_iam_member" "reconcile_runs_jobs" {
  project = var.project_id
  role    = "roles/bigquery.jobUser"
  member  = google_service_account.reconcile.member
}
