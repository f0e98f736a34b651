locals {
  _openapi = templatefile("${path.module}/../api-gateway/openapi.yaml", {
    backend          = google_cloudfunctions2_function.ingest.service_config[0].uri
    quota_per_minute = var.limits.quota_per_minute
  })
  _gateway_url = "https://${coalesce(var.domain, google_api_gateway_gateway.events.default_hostname)}"
  # A configuration cannot be changed: a new one takes its place.
  _config_hash = sha256("${local._openapi}${google_service_account.gateway.email}")
}

resource "google_service_account" "gateway" {
  account_id   = "${local.name}-gateway"
  display_name = "Analytics: calls the ingest function"
  depends_on   = [time_sleep.services]
}

resource "google_api_gateway_api" "events" {
  provider = google-beta

  api_id          = local.name
  deletion_policy = local._deletion_policy
  depends_on      = [time_sleep.services]
}

resource "google_api_gateway_api_config" "events" {
  provider = google-beta

  api           = google_api_gateway_api.events.api_id
  api_config_id = "openapi-${substr(local._config_hash, 0, 12)}"

  openapi_documents {
    document {
      path     = "openapi.yaml"
      contents = base64encode(local._openapi)
    }
  }
  gateway_config {
    backend_config {
      google_service_account = google_service_account.gateway.email
    }
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "google_api_gateway_gateway" "events" {
  provider = google-beta

  gateway_id = local.name
  region     = local.gateway_region
  api_config = google_api_gateway_api_config.events.id

  # Its address and the keys are in games that players have installed.
  deletion_policy = local._deletion_policy

  # All that a request needs. So the first one is served, and what refuses to be
  # destroyed keeps it, too: events go on to be stored.
  depends_on = [
    google_apikeys_key.client,
    google_cloud_run_v2_service_iam_member.gateway_invokes_ingest,
    google_logging_project_exclusion.request_logs,
    google_service_account_iam_member.ingest_signs_as_itself,
    google_storage_bucket_iam_member.ingest_creates,
    google_storage_bucket_iam_member.ingest_lists,
  ]
}

# Keys are accepted by APIs that the project has enabled, its own included,
# which there is from the first configuration on. It is nobody else's.
resource "google_project_service" "managed" {
  service            = google_api_gateway_api.events.managed_service
  disable_on_destroy = true
  depends_on         = [google_api_gateway_api_config.events]
}
