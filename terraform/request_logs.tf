# Platform request logs hold whole URLs, and URLs hold API keys. They are not
# stored; the functions' own log lines and all metrics are. By name, as this is
# there before the first request, and for as long as there is a gateway.
resource "google_logging_project_exclusion" "request_logs" {
  name        = "${local.name}-request-logs"
  description = "URLs with API keys in them."

  filter = join(" OR ", [for each in [
    # the ingest function
    [
      "resource.type=\"cloud_run_revision\"",
      "resource.labels.service_name=\"${local.name}-ingest\"",
      "log_id(\"run.googleapis.com/requests\")",
    ],
    # the gateway
    [
      "resource.type=\"apigateway.googleapis.com/Gateway\"",
      "resource.labels.gateway_id=\"${local.name}\"",
      "log_id(\"apigateway.googleapis.com/requests\")",
    ],
    # the API's managed service, which names the key once more
    [
      "resource.type=\"api\"",
      "log_id(\"${google_api_gateway_api.events.managed_service}/endpoints_log\")",
    ],
  ] : "(${join(" AND ", each)})"])
}
