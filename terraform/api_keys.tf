resource "terraform_data" "rotation" {
  for_each = var.api_keys

  input = each.value
}

# The name of a deleted key stays taken for 30 days: so the rotation string is a
# part of it, and what sets this deployment apart from one that was deleted. A
# key that is there keeps its name, or an upgrade would replace it. A key can be
# rotated or removed; to destroy them all is refused with the gateway, which
# comes after them.
resource "google_apikeys_key" "client" {
  for_each = var.api_keys

  name         = "${local.name}-${each.key}-${each.value}-${local._made}"
  display_name = "${local.name} ${each.key}"

  restrictions {
    api_targets {
      service = google_api_gateway_api.events.managed_service
    }
  }

  lifecycle {
    create_before_destroy = true
    ignore_changes        = [name]
    replace_triggered_by  = [terraform_data.rotation[each.key]]
  }

  depends_on = [google_project_service.managed]
}
