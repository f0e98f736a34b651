# What Eventarc gives up on: docs/decisions/0010-undelivered-events.md.
resource "google_pubsub_topic" "undelivered" {
  name       = "${local.name}-undelivered"
  depends_on = [time_sleep.services]
}

# Without a subscription the topic would forget at once.
resource "google_pubsub_subscription" "undelivered" {
  name                       = "${local.name}-undelivered"
  topic                      = google_pubsub_topic.undelivered.id
  ack_deadline_seconds       = 600
  message_retention_duration = "${31 * 24 * 60 * 60}s" # the most there is

  expiration_policy {
    ttl = "" # never, however long nobody reads it
  }
}

resource "google_pubsub_topic_iam_member" "agent_publishes_undelivered" {
  topic  = google_pubsub_topic.undelivered.name
  role   = "roles/pubsub.publisher"
  member = google_project_service_identity.agent["pubsub"].member
}

# The trigger's subscription is one that Terraform cannot name.
resource "google_project_iam_member" "agent_forwards_undelivered" {
  project = var.project_id
  role    = "roles/pubsub.subscriber"
  member  = google_project_service_identity.agent["pubsub"].member

  condition {
    title      = local._shared_agent_condition.title
    expression = local._shared_agent_condition.expression
  }
}
