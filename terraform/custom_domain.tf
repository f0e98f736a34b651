# A name of one's own in front of the gateway: docs/custom-domain.md. Google
# offers load balancing for API Gateway as a preview.
locals {
  _domains     = var.domain == null ? {} : { events = var.domain }
  _domain_apis = var.domain == null ? [] : ["compute.googleapis.com"]
}

resource "google_compute_global_address" "domain" {
  for_each = local._domains

  name            = local.name
  deletion_policy = local._deletion_policy # clients' DNS leads here
  depends_on      = [time_sleep.services]
}

resource "google_compute_region_network_endpoint_group" "domain" {
  provider = google-beta
  for_each = local._domains

  name   = "${local.name}-${local.gateway_region}"
  region = local.gateway_region

  serverless_deployment {
    platform = "apigateway.googleapis.com"
    resource = google_api_gateway_gateway.events.gateway_id
  }

  lifecycle {
    create_before_destroy = true # another region is another group
  }
}

resource "google_compute_backend_service" "domain" {
  for_each = local._domains

  name                  = local.name
  load_balancing_scheme = "EXTERNAL_MANAGED"
  protocol              = "HTTPS"

  backend {
    group = google_compute_region_network_endpoint_group.domain[each.key].id
  }
  log_config {
    enable = false # URLs with API keys in them
  }
}

resource "google_compute_url_map" "domain" {
  for_each = local._domains

  name            = local.name
  default_service = google_compute_backend_service.domain[each.key].id
}

# Valid when DNS leads to the address, which can take an hour. Another domain is
# another certificate, there before the first one goes.
resource "google_compute_managed_ssl_certificate" "domain" {
  for_each = local._domains

  name = "${local.name}-${substr(sha256(each.value), 0, 8)}"

  managed {
    domains = [each.value]
  }

  lifecycle {
    create_before_destroy = true
  }

  depends_on = [time_sleep.services]
}

resource "google_compute_ssl_policy" "domain" {
  for_each = local._domains

  name            = local.name
  min_tls_version = "TLS_1_2"
  profile         = "MODERN"
  depends_on      = [time_sleep.services]
}

resource "google_compute_target_https_proxy" "domain" {
  for_each = local._domains

  name             = local.name
  url_map          = google_compute_url_map.domain[each.key].id
  ssl_certificates = [google_compute_managed_ssl_certificate.domain[each.key].id]
  ssl_policy       = google_compute_ssl_policy.domain[each.key].id
}

# Port 443 alone: nobody is to send a key in the clear. What refuses to be
# destroyed keeps all that it needs.
resource "google_compute_global_forwarding_rule" "domain" {
  for_each = local._domains

  name                  = local.name
  load_balancing_scheme = "EXTERNAL_MANAGED"
  ip_address            = google_compute_global_address.domain[each.key].id
  port_range            = "443"
  target                = google_compute_target_https_proxy.domain[each.key].id
  deletion_policy       = local._deletion_policy
}
