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

  # Cloud Run functions switch it on. With it the functions framework writes a
  # line and its end apart, so that lines of several threads can run together;
  # and a line has its trace, which finds the same neighbours.
  _log_execution_id = "false"

  # All deployments of a project share Google's own agents. A condition of its
  # own keeps each deployment's grant apart, so that destroying one deployment
  # leaves the grants of the others.
  _shared_agent_condition = {
    title      = "for-${local.name}"
    expression = "request.time < timestamp(\"2100-01-01T00:00:00Z\")"
  }
}
