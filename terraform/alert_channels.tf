locals {
  _channels = concat(
    [for channel in google_monitoring_notification_channel.email : channel.id],
    var.alerts.channels,
  )
}

resource "google_monitoring_notification_channel" "email" {
  for_each = var.alerts.emails

  display_name = "${local.name}: ${each.key}"
  type         = "email"
  labels       = { email_address = each.key }
  depends_on   = [time_sleep.services]
}
