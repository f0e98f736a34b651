# The rotation string is part of the name because the name of a deleted key
# stays taken for 30 days.
resource "google_apikeys_key" "client" {
  for_each = var.api_keys

  name         = "${local.name}-${each.key}-${each.value}"
  display_name = "${local.name} ${each.key}"

  restrictions {
    api_targets {
      service = google_api_gateway_api.events.managed_service
    }
  }

  lifecycle {
    create_before_destroy = true
  }

  depends_on = [google_project_service.managed]
}
