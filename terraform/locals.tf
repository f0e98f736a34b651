# When this deployment was made. A deleted role's id stays taken for 37 days, a
# deleted key's name for 30: with it a deployment that is made again has others.
# What is there keeps its own.
resource "time_static" "made" {}

locals {
  # "analytics", or "analytics-staging": what every name begins with.
  name     = join("-", compact([var.name, var.environment]))
  _id_name = replace(local.name, "-", "_") # where hyphens are refused
  _made    = format("%x", time_static.made.unix)

  gateway_region   = coalesce(var.gateway_region, var.region)
  _deletion_policy = var.deletion_protection ? "PREVENT" : "DELETE"

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
