# Builds the functions, and is nothing at run time.
resource "google_service_account" "build" {
  account_id   = "${local.name}-build"
  display_name = "Analytics: builds the functions"
  depends_on   = [time_sleep.services]
}

resource "google_project_iam_member" "build_logs" {
  project = var.project_id
  role    = "roles/logging.logWriter"
  member  = google_service_account.build.member
}

resource "google_artifact_registry_repository_iam_member" "build_images" {
  repository = google_artifact_registry_repository.images.name
  location   = google_artifact_registry_repository.images.location
  role       = "roles/artifactregistry.writer"
  member     = google_service_account.build.member
}

resource "google_storage_bucket_iam_member" "build_source" {
  bucket = google_storage_bucket.source.name
  role   = "roles/storage.objectViewer"
  member = google_service_account.build.member
}

# Cloud Functions copies the source into a bucket of its own, made with the
# first function of a region, and builds from there.
resource "google_project_iam_member" "build_source_copy" {
  project = var.project_id
  role    = "roles/storage.objectViewer"
  member  = google_service_account.build.member

  condition {
    title      = "copied-function-source"
    expression = "resource.name.startsWith(\"projects/_/buckets/gcf-v2-sources-\")"
  }
}

# Grants are eventually consistent, and a build without them fails for good.
resource "time_sleep" "build_grants" {
  create_duration = "60s"
  triggers = {
    images      = google_artifact_registry_repository_iam_member.build_images.id
    logs        = google_project_iam_member.build_logs.id
    source      = google_storage_bucket_iam_member.build_source.id
    source_copy = google_project_iam_member.build_source_copy.id
  }
}
