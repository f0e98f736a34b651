# HTTP function behind the gateway: events into objects, files into URLs.
resource "google_service_account" "ingest" {
  account_id   = "${local.name}-ingest"
  display_name = "Analytics: receives events"
  depends_on   = [time_sleep.services]
}

resource "google_cloudfunctions2_function" "ingest" {
  #checkov:skip=CKV_GCP_124:the gateway calls from outside, and IAM admits it alone
  name        = "${local.name}-ingest"
  location    = var.region
  description = "Stores events, and signs URLs for uploads."

  build_config {
    runtime           = "python313"
    entry_point       = "ingest"
    service_account   = google_service_account.build.id
    docker_repository = google_artifact_registry_repository.images.id
    source {
      storage_source {
        bucket = google_storage_bucket.source.name
        object = google_storage_bucket_object.source.name
      }
    }
  }

  # Asynchronous: one instance waits for many writes at a time.
  service_config {
    available_cpu                    = "1"
    available_memory                 = "512Mi"
    max_instance_request_concurrency = 80
    min_instance_count               = var.limits.ingest_min_instances
    max_instance_count               = var.limits.ingest_max_instances
    timeout_seconds                  = 60
    service_account_email            = google_service_account.ingest.email
    ingress_settings                 = "ALLOW_ALL"

    # Left out: what the function has a default for.
    environment_variables = {
      for name, value in {
        ALLOWED_CATEGORIES      = join(",", var.accepted.categories)
        ALLOWED_ENVIRONMENTS    = join(",", var.accepted.environments)
        BUCKET_NAME             = google_storage_bucket.events.name
        CORS_ORIGINS            = join(",", var.accepted.cors_origins)
        GOOGLE_CLOUD_PROJECT    = var.project_id
        LOG_EXECUTION_ID        = local._log_execution_id
        MAX_BODY_BYTES          = var.limits.max_body_bytes
        MAX_EVENTS_PER_BATCH    = var.limits.max_events_per_batch
        MAX_INFLIGHT_BYTES      = var.limits.max_inflight_bytes
        MAX_JSON_VALUES         = var.limits.max_json_values
        MAX_UPLOAD_BYTES        = var.limits.max_upload_bytes
        REQUIRE_UPLOAD_SIZE     = var.limits.require_upload_size
        SIGNING_SERVICE_ACCOUNT = google_service_account.ingest.email
      } : name => tostring(value) if value != null && value != ""
    }
  }

  depends_on = [time_sleep.build_grants, time_sleep.receipt_grants]
}

# It signs with its own name, and no key of it exists.
resource "google_project_iam_custom_role" "url_signer" {
  role_id     = "${local._id_name}_url_signer_${local._made}"
  title       = "Analytics: sign upload URLs"
  permissions = ["iam.serviceAccounts.signBlob"]
  depends_on  = [time_sleep.services]

  lifecycle {
    ignore_changes = [role_id]
  }
}

resource "google_service_account_iam_member" "ingest_signs_as_itself" {
  service_account_id = google_service_account.ingest.name
  role               = "${local._roles}/${google_project_iam_custom_role.url_signer.role_id}"
  member             = google_service_account.ingest.member
}

resource "google_cloud_run_v2_service_iam_member" "gateway_invokes_ingest" {
  name     = google_cloudfunctions2_function.ingest.name
  location = google_cloudfunctions2_function.ingest.location
  role     = "roles/run.invoker"
  member   = google_service_account.gateway.member
}
