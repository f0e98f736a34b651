resource "google_project_service" "required" {
  for_each = setunion(local._budget_apis, local._domain_apis, local._key_apis, [
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

# Enabling is eventually consistent. A sleep sleeps when it is made, and another
# trigger makes it anew: an upgrade that needs one more API waits for it, too.
resource "time_sleep" "services" {
  create_duration = "60s"
  triggers        = { for name, service in google_project_service.required : name => service.id }
}
