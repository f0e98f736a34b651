mock_provider "archive" {}
mock_provider "google" {
  source = "./tests/mocks"
}
mock_provider "google-beta" {
  source = "./tests/mocks_beta"
}
mock_provider "time" {}

run "refused" {
  command = plan
  variables {
    accepted       = { cors_origins = ["game.example"] }
    alerts         = { silence_hours = 24 }
    api_keys       = {}
    bucket         = "No-Capitals"
    budget         = { amount = 1.5, billing_account = "012345-6789AB-CDEF01" }
    dataset        = "no-hyphens"
    domain         = "https://events.example.com"
    environment    = "eleven-long"
    limits         = { max_body_bytes = 0 }
    location       = "europe"
    project_id     = "123456789012"
    region         = "europe"
    retention_days = { files = 0 }
  }
  expect_failures = [
    var.accepted, var.alerts, var.api_keys, var.bucket, var.budget, var.dataset,
    var.domain, var.environment, var.limits, var.location, var.project_id,
    var.region, var.retention_days,
  ]
}

run "refused_too" {
  command = plan
  variables {
    accepted   = { categories = ["a b"] }
    alerts     = { times_usual = 1 }
    api_keys   = { game = "2026-11" }
    budget     = { amount = 100, billing_account = "my account" }
    kms_key    = "projects/p/locations/us/keyRings/r/cryptoKeys/k" # where no data is
    limits     = { ingest_min_instances = 3, ingest_max_instances = 2 }
    name       = "a-name-of-21-letters1"
    project_id = "demo-project"
    region     = "europe-north1" # without gateway_region
  }
  expect_failures = [
    var.accepted, var.alerts, var.api_keys, var.budget, var.gateway_region,
    var.kms_key, var.limits, var.name,
  ]
}

run "refused_as_somebody_elses" {
  command = plan
  variables {
    alerts         = { silence_hours = 0 }
    api_keys       = { a-name-of-21-letters1 = "1" }
    budget         = { amount = 0, billing_account = "012345-6789AB-CDEF01" }
    environment    = "Staging"
    gateway_region = "us-west1"
    kms_key        = "my-key"
    project_id     = "a-project-of-31-characters-here"
  }
  expect_failures = [
    var.alerts, var.api_keys, var.budget, var.environment, var.gateway_region,
    var.kms_key, var.project_id,
  ]
}

run "refused_as_too_large" {
  command = plan
  variables {
    alerts     = { gib_a_day = 0 }
    api_keys   = { game = "2026112816007" }
    limits     = { max_body_bytes = 32000001 }
    project_id = "demo-project"
  }
  expect_failures = [var.alerts, var.api_keys, var.limits]
}

run "refused_as_more_than_memory" {
  command = plan
  variables {
    api_keys   = { game = "1" }
    limits     = { max_inflight_bytes = 400000001 }
    project_id = "demo-project"
  }
  expect_failures = [var.limits]
}

run "just_accepted" {
  command = plan
  variables {
    alerts         = { silence_hours = 23 }
    api_keys       = { a-name-of-20-letters = "202611281600" }
    budget         = { amount = 1, billing_account = "012345-6789AB-CDEF01" }
    environment    = "abcdefghij"
    limits         = { max_body_bytes = 32000000, max_inflight_bytes = 400000000 }
    name           = "a-company"
    project_id     = "a-project-of-30-characters-now"
    retention_days = { files = 1 }
  }

  assert {
    condition = alltrue([
      for account in [
        google_service_account.build, google_service_account.gateway, google_service_account.ingest, google_service_account.load,
        google_service_account.reconcile, google_service_account.scheduler, google_service_account.trigger,
      ] : length(account.account_id) <= 30
    ])
    error_message = "Every account's name is one that Google takes."
  }
}
