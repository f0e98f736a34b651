# What the providers check must look real; what the tests follow must differ.
mock_data "google_storage_project_service_account" {
  defaults = { member = "serviceAccount:storage-agent@example.com" }
}

mock_data "google_project" {
  defaults = { number = "123456789012" }
}

mock_data "google_bigquery_default_service_account" {
  defaults = { member = "serviceAccount:bigquery-agent@example.com" }
}

mock_resource "google_logging_project_sink" {
  defaults = { writer_identity = "serviceAccount:logging-agent@example.com" }
}

# Each account has a name of its own, or a test that one acts for another would pass.
override_resource {
  target = google_service_account.build
  values = {
    email  = "build@demo-project.iam.gserviceaccount.com"
    id     = "projects/demo-project/serviceAccounts/build@demo-project.iam.gserviceaccount.com"
    member = "serviceAccount:build@demo-project.iam.gserviceaccount.com"
    name   = "projects/demo-project/serviceAccounts/build@demo-project.iam.gserviceaccount.com"
  }
}

override_resource {
  target = google_service_account.gateway
  values = {
    email  = "gateway@demo-project.iam.gserviceaccount.com"
    id     = "projects/demo-project/serviceAccounts/gateway@demo-project.iam.gserviceaccount.com"
    member = "serviceAccount:gateway@demo-project.iam.gserviceaccount.com"
    name   = "projects/demo-project/serviceAccounts/gateway@demo-project.iam.gserviceaccount.com"
  }
}

override_resource {
  target = google_service_account.ingest
  values = {
    email  = "ingest@demo-project.iam.gserviceaccount.com"
    id     = "projects/demo-project/serviceAccounts/ingest@demo-project.iam.gserviceaccount.com"
    member = "serviceAccount:ingest@demo-project.iam.gserviceaccount.com"
    name   = "projects/demo-project/serviceAccounts/ingest@demo-project.iam.gserviceaccount.com"
  }
}

override_resource {
  target = google_service_account.load
  values = {
    email  = "load@demo-project.iam.gserviceaccount.com"
    id     = "projects/demo-project/serviceAccounts/load@demo-project.iam.gserviceaccount.com"
    member = "serviceAccount:load@demo-project.iam.gserviceaccount.com"
    name   = "projects/demo-project/serviceAccounts/load@demo-project.iam.gserviceaccount.com"
  }
}

override_resource {
  target = google_service_account.reconcile
  values = {
    email  = "reconcile@demo-project.iam.gserviceaccount.com"
    id     = "projects/demo-project/serviceAccounts/reconcile@demo-project.iam.gserviceaccount.com"
    member = "serviceAccount:reconcile@demo-project.iam.gserviceaccount.com"
    name   = "projects/demo-project/serviceAccounts/reconcile@demo-project.iam.gserviceaccount.com"
  }
}

override_resource {
  target = google_service_account.scheduler
  values = {
    email  = "scheduler@demo-project.iam.gserviceaccount.com"
    id     = "projects/demo-project/serviceAccounts/scheduler@demo-project.iam.gserviceaccount.com"
    member = "serviceAccount:scheduler@demo-project.iam.gserviceaccount.com"
    name   = "projects/demo-project/serviceAccounts/scheduler@demo-project.iam.gserviceaccount.com"
  }
}

override_resource {
  target = google_service_account.trigger
  values = {
    email  = "trigger@demo-project.iam.gserviceaccount.com"
    id     = "projects/demo-project/serviceAccounts/trigger@demo-project.iam.gserviceaccount.com"
    member = "serviceAccount:trigger@demo-project.iam.gserviceaccount.com"
    name   = "projects/demo-project/serviceAccounts/trigger@demo-project.iam.gserviceaccount.com"
  }
}

# Each function has an address of its own, for the same reason.
override_resource {
  target = google_cloudfunctions2_function.ingest
  values = { service_config = { uri = "https://ingest.run.app" } }
}

override_resource {
  target = google_cloudfunctions2_function.load
  values = {
    event_trigger = {
      trigger = "projects/p/locations/europe-west1/triggers/analytics-load-1"
    }
    service_config = { uri = "https://load.run.app" }
  }
}

override_resource {
  target = google_cloudfunctions2_function.reconcile
  values = { service_config = { uri = "https://reconcile.run.app" } }
}
