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
    budget         = { amount = 0.5, billing_account = "012345-6789AB-CDEF01" }
    dataset        = "no-hyphens"
    domain         = "https://events.example.com"
    environment    = "much-too-long"
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
    name       = "a-name-of-25-characters-xx"
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
    api_keys       = { game = "1" }
    environment    = "Staging"
    gateway_region = "europe-north1"
    kms_key        = "my-key"
    project_id     = "demo-project"
  }
  expect_failures = [var.environment, var.gateway_region, var.kms_key]
}

run "refused_as_too_large" {
  command = plan
  variables {
    api_keys   = { game = "1" }
    limits     = { max_body_bytes = 32000001 }
    project_id = "demo-project"
  }
  expect_failures = [var.limits]
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

run "longest_names" {
  command = plan
  variables {
    api_keys    = { game = "1" }
    environment = "abcdefghij"
    name        = "a-company"
    project_id  = "demo-project"
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
