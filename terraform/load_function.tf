# Event function: finalized objects into rows.
resource "google_service_account" "load" {
  account_id   = "${local.name}-load"
  display_name = "Analytics: loads events into BigQuery"
  depends_on   = [time_sleep.services]
}

locals {
  _load_concurrency = 8
}

resource "google_cloudfunctions2_function" "load" {
  name        = "${local.name}-load"
  location    = var.region
  description = "Loads finalized objects into BigQuery."

  build_config {
    runtime           = "python313"
    entry_point       = "load"
    service_account   = google_service_account.build.id
    docker_repository = google_artifact_registry_repository.images.id
    source {
      storage_source {
        bucket = google_storage_bucket.source.name
        object = google_storage_bucket_object.source.name
      }
    }
  }

  service_config {
    available_cpu                    = "1"
    available_memory                 = "1Gi"
    max_instance_request_concurrency = local._load_concurrency
    max_instance_count               = var.limits.load_max_instances
    timeout_seconds                  = 300
    service_account_email            = google_service_account.load.email
    ingress_settings                 = "ALLOW_INTERNAL_ONLY"

    environment_variables = {
      BIGQUERY_DATASET     = google_bigquery_dataset.events.dataset_id
      BUCKET_NAME          = google_storage_bucket.events.name
      GOOGLE_CLOUD_PROJECT = var.project_id
      LOG_EXECUTION_ID     = local._log_execution_id
      # Of the functions framework: or requests queue inside the instance.
      THREADS = local._load_concurrency
    }
  }

  event_trigger {
    event_type            = "google.cloud.storage.object.v1.finalized"
    trigger_region        = lower(google_storage_bucket.events.location)
    retry_policy          = "RETRY_POLICY_RETRY" # or a failed event is lost
    service_account_email = google_service_account.trigger.email
    event_filters {
      attribute = "bucket"
      value     = google_storage_bucket.events.name
    }
  }

  # A row with a column that its table does not have yet would be refused.
  depends_on = [
    google_bigquery_table.partitioned,
    google_bigquery_table.view,
    time_sleep.build_grants,
    time_sleep.receipt_grants,
    time_sleep.trigger_grants,
  ]
}

# A row that BigQuery does not take from a stream goes by a load job. Jobs belong
# to a project, so this cannot be narrower; it shows no table.
resource "google_project_iam_member" "load_runs_jobs" {
  project = var.project_id
  role    = "roles/bigquery.jobUser"
  member  = google_service_account.load.member
}
