mock_provider "archive" {}
mock_provider "google" {
  source = "./tests/mocks"
}
mock_provider "google-beta" {
  source = "./tests/mocks_beta"
}
mock_provider "time" {}

variables {
  project_id = "demo-project"
  api_keys   = { game = "1" }
}

run "by_default" {
  command = plan

  assert {
    condition     = length(google_compute_global_forwarding_rule.domain) + length(google_billing_budget.project) + length(google_kms_crypto_key_iam_member.storage_encrypts) == 0
    error_message = "What was not asked for is not there."
  }
  assert {
    condition     = !anytrue([for api in ["billingbudgets", "compute"] : contains(keys(google_project_service.required), "${api}.googleapis.com")])
    error_message = "What nobody uses is not enabled."
  }
}

run "as_told" {
  command = apply
  variables {
    alerts         = { channels = ["projects/p/notificationChannels/1"] }
    bucket         = "my-events"
    budget         = { amount = 250, billing_account = "012345-6789AB-CDEF01" }
    dataset        = "game_analytics"
    domain         = "events.example.com"
    gateway_region = "europe-west1"
    kms_key        = "projects/p/locations/europe/keyRings/r/cryptoKeys/k"
    location       = "EU"
    name           = "my-game"
    region         = "europe-north1"
  }

  assert {
    condition     = output.bucket == "my-events" && output.dataset == "game_analytics" && output.services.ingest == "my-game-ingest"
    error_message = "Names are those that were given."
  }
  assert {
    condition     = can(regex("^my_game_row_writer_[0-9a-f]+$", google_project_iam_custom_role.row_writer.role_id))
    error_message = "Roles have no hyphens, and no id that a deleted one keeps."
  }
  assert {
    condition     = google_api_gateway_gateway.events.region == "europe-west1" && google_cloudfunctions2_function.ingest.location == "europe-north1" && google_compute_region_network_endpoint_group.domain["events"].region == "europe-west1"
    error_message = "The gateway may be elsewhere than the functions, and the load balancer finds it."
  }
  assert {
    condition     = output.gateway_url == "https://events.example.com" && google_compute_managed_ssl_certificate.domain["events"].managed[0].domains == tolist(["events.example.com"])
    error_message = "Clients are told the domain, and its certificate is for it."
  }
  assert {
    condition     = google_compute_region_network_endpoint_group.domain["events"].serverless_deployment[0].platform == "apigateway.googleapis.com" && google_compute_region_network_endpoint_group.domain["events"].serverless_deployment[0].resource == google_api_gateway_gateway.events.gateway_id
    error_message = "The load balancer leads to the gateway."
  }
  assert {
    condition     = google_compute_global_forwarding_rule.domain["events"].port_range == "443" && google_compute_ssl_policy.domain["events"].min_tls_version == "TLS_1_2"
    error_message = "No key travels in the clear."
  }
  assert {
    condition     = !google_compute_backend_service.domain["events"].log_config[0].enable
    error_message = "No log of the load balancer holds a URL, which has a key."
  }
  assert {
    condition     = google_compute_global_address.domain["events"].deletion_policy == "PREVENT" && google_compute_global_forwarding_rule.domain["events"].deletion_policy == "PREVENT"
    error_message = "The address that DNS leads to survives a destroy, and what serves there."
  }
  assert {
    condition     = google_storage_bucket.events.encryption[0].default_kms_key_name == var.kms_key && google_bigquery_dataset.events.default_encryption_configuration[0].kms_key_name == var.kms_key
    error_message = "What is stored is encrypted with the key that was given."
  }
  assert {
    condition     = google_kms_crypto_key_iam_member.storage_encrypts[var.kms_key].member == data.google_storage_project_service_account.agent.member && google_kms_crypto_key_iam_member.bigquery_encrypts[var.kms_key].member == data.google_bigquery_default_service_account.agent[var.kms_key].member
    error_message = "Cloud Storage and BigQuery may use the key."
  }
  assert {
    condition     = google_billing_budget.project["project"].amount[0].specified_amount[0].units == "250" && google_billing_budget.project["project"].budget_filter[0].projects == toset(["projects/123456789012"]) && google_billing_budget.project["project"].all_updates_rule[0].monitoring_notification_channels == tolist(["projects/p/notificationChannels/1"])
    error_message = "The budget is the project's, and tells who is told of alerts."
  }
}
