# What the providers check must look real; what the tests follow must differ.
mock_data "google_storage_project_service_account" {
  defaults = { member = "serviceAccount:storage-agent@example.com" }
}

mock_resource "google_cloudfunctions2_function" {
  defaults = {
    event_trigger = {
      trigger = "projects/p/locations/europe-west1/triggers/analytics-load-1"
    }
    service_config = { uri = "https://function.run.app" }
  }
}

mock_resource "google_logging_project_sink" {
  defaults = { writer_identity = "serviceAccount:logging-agent@example.com" }
}

mock_resource "google_service_account" {
  defaults = {
    email  = "account@demo-project.iam.gserviceaccount.com"
    id     = "projects/demo-project/serviceAccounts/account@demo-project.iam.gserviceaccount.com"
    member = "serviceAccount:account@demo-project.iam.gserviceaccount.com"
    name   = "projects/demo-project/serviceAccounts/account@demo-project.iam.gserviceaccount.com"
  }
}
