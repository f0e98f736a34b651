locals {
  # "analytics", or "analytics-staging": what every name begins with.
  name     = join("-", compact(["analytics", var.environment]))
  _id_name = replace(local.name, "-", "_") # where hyphens are refused

  _labels = {
    application = "analytics"
    environment = coalesce(var.environment, "main")
  }

  _functions = "${path.module}/../functions"
  _roles     = "projects/${var.project_id}/roles"
  _schemas   = "${local._functions}/analytics_pipeline/schemas"

  # All deployments of a project share Google's own agents. A condition of its
  # own keeps each deployment's grant apart, so that destroying one deployment
  # leaves the grants of the others.
  _shared_agent_condition = {
    title      = "for-${local.name}"
    expression = "request.time < timestamp(\"2100-01-01T00:00:00Z\")"
  }
}
