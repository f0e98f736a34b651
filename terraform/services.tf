resource "google_project_service" "required" {
  for_each = toset([
    "apigateway.googleapis.com",
    "apikeys.googleapis.com",
    "artifactregistry.googleapis.com",
    "bigquery.googleapis.com",
    "cloudbuild.googleapis.com",
    "cloudfunctions.googleapis.com",
    "cloudresourcemanager.googleapis.com",
    "cloudscheduler.googleapis.com",
    "eventarc.googleapis.com",
    "iam.googleapis.com",
    "iamcredentials.googleapis.com",
    "logging.googleapis.com",
    "monitoring.googleapis.com",
    "pubsub.googleapis.com",
    "run.googleapis.com",
    "servicecontrol.googleapis.com",
    "servicemanagement.googleapis.com",
    "storage.googleapis.com",
  ])

  service            = each.key
  disable_on_destroy = false # others in the project may use it
}

# Enabling is eventually consistent.
resource "time_sleep" "services" {
  create_duration = "60s"
  depends_on      = [google_project_service.required]
}

# The first trigger of a project fails while Eventarc's agent is being made.
resource "google_project_service_identity" "eventarc" {
  provider = google-beta

  service    = "eventarc.googleapis.com"
  depends_on = [time_sleep.services]
}

resource "google_project_service_identity" "pubsub" {
  provider = google-beta

  service    = "pubsub.googleapis.com"
  depends_on = [time_sleep.services]
}
