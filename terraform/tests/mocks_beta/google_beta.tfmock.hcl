mock_resource "google_api_gateway_api" {
  defaults = { managed_service = "events-1.apigateway.demo-project.cloud.goog" }
}

mock_resource "google_project_service_identity" {
  defaults = { member = "serviceAccount:pubsub-agent@example.com" }
}
