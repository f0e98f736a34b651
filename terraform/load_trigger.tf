# Who may carry an event from the bucket to the function.
data "google_storage_project_service_account" "agent" {
  depends_on = [time_sleep.services]
}

resource "google_project_iam_member" "storage_publishes" {
  project = var.project_id
  role    = "roles/pubsub.publisher"
  member  = data.google_storage_project_service_account.agent.member

  condition {
    title      = local._shared_agent_condition.title
    expression = local._shared_agent_condition.expression
  }

  # The agent stays the same; while it is read again Terraform would replace
  # the grant, and what happens in between would be notified to nobody.
  lifecycle {
    ignore_changes = [member]
  }
}

resource "google_service_account" "trigger" {
  account_id   = "${local.name}-trigger"
  display_name = "Analytics: calls the loader"
  depends_on   = [time_sleep.services]
}

resource "google_project_iam_member" "trigger_receives" {
  project = var.project_id
  role    = "roles/eventarc.eventReceiver"
  member  = google_service_account.trigger.member
}

# Events that arrive before this grant are delivered again.
resource "google_cloud_run_v2_service_iam_member" "trigger_invokes_load" {
  name     = google_cloudfunctions2_function.load.name
  location = google_cloudfunctions2_function.load.location
  role     = "roles/run.invoker"
  member   = google_service_account.trigger.member
}

# A trigger that is made before its grants are known fails.
resource "time_sleep" "trigger_grants" {
  create_duration = "60s"
  triggers = {
    agents    = join(" ", [for grant in google_project_iam_member.agent : grant.id])
    publishes = google_project_iam_member.storage_publishes.id
    receives  = google_project_iam_member.trigger_receives.id
  }
}
