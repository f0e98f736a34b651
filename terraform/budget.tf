# What is spent, seen by whoever pays.
locals {
  _budgets     = var.budget == null ? {} : { project = var.budget }
  _budget_apis = var.budget == null ? [] : ["billingbudgets.googleapis.com"]
}

# Budgets name projects by number.
data "google_project" "billed" {
  for_each   = local._budgets
  project_id = var.project_id
}

resource "google_billing_budget" "project" {
  for_each = local._budgets

  billing_account = each.value.billing_account
  display_name    = "${local.name} in ${var.project_id}"

  budget_filter {
    projects = ["projects/${data.google_project.billed[each.key].number}"]
  }
  amount {
    specified_amount {
      units = tostring(each.value.amount)
    }
  }

  dynamic "threshold_rules" {
    for_each = [0.5, 0.9, 1]
    content {
      threshold_percent = threshold_rules.value
    }
  }
  threshold_rules {
    threshold_percent = 1
    spend_basis       = "FORECASTED_SPEND"
  }

  dynamic "all_updates_rule" {
    for_each = length(local._channels) == 0 ? [] : [local._channels]
    content {
      monitoring_notification_channels = slice(all_updates_rule.value, 0, min(5, length(all_updates_rule.value)))
    }
  }

  depends_on = [time_sleep.services]
}
