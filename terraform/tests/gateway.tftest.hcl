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
  api_keys   = { game = "1", tool = "b7" }
}

run "deployed" {
  command = apply
  variables {
    limits = { quota_per_minute = 1234 }
  }

  assert {
    condition = yamldecode(base64decode(
      google_api_gateway_api_config.events.openapi_documents[0].document[0].contents
    ))["x-google-backend"].address == "https://ingest.run.app"
    error_message = "The gateway calls ingest."
  }
  assert {
    condition = yamldecode(base64decode(
      google_api_gateway_api_config.events.openapi_documents[0].document[0].contents
    ))["x-google-management"].quota.limits[0].values.STANDARD == 1234
    error_message = "The quota is the variable's."
  }
  assert {
    condition     = google_api_gateway_api_config.events.gateway_config[0].backend_config[0].google_service_account == google_service_account.gateway.email
    error_message = "The gateway calls in its own name, not the project's default."
  }
  assert {
    condition     = output.gateway_url == "https://${google_api_gateway_gateway.events.default_hostname}"
    error_message = "The output is where clients send to."
  }
  assert {
    condition = alltrue([
      for key in google_apikeys_key.client :
      key.restrictions[0].api_targets[0].service == google_api_gateway_api.events.managed_service
    ])
    error_message = "A key is for this API alone."
  }
  assert {
    condition     = google_project_service.managed.service == google_api_gateway_api.events.managed_service
    error_message = "The project has its own API enabled, or no key is accepted."
  }
  assert {
    condition     = can(regex("^analytics-game-1-[0-9a-f]+$", output.api_key_names.game)) && can(regex("^analytics-tool-b7-[0-9a-f]+$", output.api_key_names.tool))
    error_message = "A rotated key has another name."
  }
  assert {
    condition     = toset(keys(nonsensitive(output.api_keys))) == toset(["game", "tool"])
    error_message = "Every application has its key."
  }
  assert {
    condition = google_api_gateway_api_config.events.api_config_id == "openapi-${substr(sha256(join("", [
      base64decode(google_api_gateway_api_config.events.openapi_documents[0].document[0].contents),
      google_service_account.gateway.email,
    ])), 0, 12)}"
    error_message = "A configuration is named by what it says, because it cannot be changed."
  }
}
