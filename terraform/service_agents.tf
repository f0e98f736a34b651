# Google's own agents, which act for the deployment, and the role that each is
# to have. Google gives it by itself, but some time after the agent's making:
# the first trigger of a project would fail, or an organisation took it away.
locals {
  _agents = {
    cloudscheduler = "roles/cloudscheduler.serviceAgent" # a token for each call
    eventarc       = "roles/eventarc.serviceAgent"       # the trigger's subscription
    pubsub         = "roles/pubsub.serviceAgent"         # a token for each delivery
  }
}

resource "google_project_service_identity" "agent" {
  provider = google-beta
  for_each = local._agents

  service    = "${each.key}.googleapis.com"
  depends_on = [time_sleep.services]
}

resource "google_project_iam_member" "agent" {
  #checkov:skip=CKV_GCP_49:only Google's own agent has it, and would have it anyway
  for_each = local._agents

  project = var.project_id
  role    = each.value
  member  = google_project_service_identity.agent[each.key].member

  condition {
    title      = local._shared_agent_condition.title
    expression = local._shared_agent_condition.expression
  }
}

moved {
  from = google_project_service_identity.eventarc
  to   = google_project_service_identity.agent["eventarc"]
}

moved {
  from = google_project_service_identity.pubsub
  to   = google_project_service_identity.agent["pubsub"]
}
