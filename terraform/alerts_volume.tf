# More than there ought to be: of requests, refusals, instances and bytes.
locals {
  _full       = 0.8
  _rarely     = 10000 # requests an hour, which nobody needs to hear of
  _times      = var.alerts.times_usual
  _requests   = "run_googleapis_com:request_count{monitored_resource=\"cloud_run_revision\",service_name=\"${local._ingest}\"}"
  _an_hour    = "sum(increase(${local._requests}[1h]))"
  _usual_hour = "sum(increase(${local._requests}[24h] offset 1h)) / 24"

  _volume_alerts = {
    ingest_full = {
      title = "Instances of ingest run out", value = "MAX", reducer = "SUM", above = local._full * var.limits.ingest_max_instances, minutes = 5
      then  = "Four fifths of the instances that ingest may have are at work; beyond all of them requests are answered with 429, and clients send again. `limits.ingest_max_instances` allows more."
    }
    load_full = {
      title = "Instances of load run out", value = "MAX", reducer = "SUM", above = local._full * var.limits.load_max_instances, minutes = 15
      then  = "Four fifths of the instances that load may have are at work; beyond all of them rows come later. `limits.load_max_instances` allows more."
    }
    key_requests = {
      title = "A key uses up the quota", value = "RATE", reducer = "SUM", above = local._full * var.limits.quota_per_minute / 60, minutes = 5
      by    = ["resource.label.credential_id"]
      then  = "One key sends four fifths of what all keys together may. The incident names it by its id: `terraform output api_key_ids` says whose that is. More players? Raise `limits.quota_per_minute`. A leaked key? docs/threat-model.md says how to rotate it."
    }
    over_quota = {
      title = "Requests are refused as too many", value = "SUM", above = 100, minutes = 5
      then  = "Over the quota, which all keys share, the gateway answers 429, and clients send again later. The chart of requests by key shows who sends: raise `limits.quota_per_minute`, or rotate the key."
    }
    overloaded = {
      title = "Ingest refuses requests as too many", value = "SUM", above = 100, minutes = 5
      then  = "No instance of ingest was free, and clients send again later: raise `limits.ingest_max_instances`, or find out who sends."
    }
    received_bytes = {
      title = "The bucket grows fast", value = "SUM", above = var.alerts.gib_a_day * pow(1024, 3), minutes = 0, window = 86400
      then  = "More than ${var.alerts.gib_a_day} GiB were stored within a day. Events or files? The chart of bytes and of requests by key tell: `limits` bound both, `retention_days` deletes, `alerts.gib_a_day` is what is usual."
    }
  }
}

# An hour against those of the day before: a threshold would be wrong for most.
resource "google_monitoring_alert_policy" "unusual_traffic" {
  display_name          = "${local.name}: More requests than usual"
  combiner              = "OR"
  notification_channels = local._channels

  conditions {
    display_name = "${local._times} times as many requests as in an hour of the day before"
    condition_prometheus_query_language {
      query               = "${local._an_hour} > ${local._times} * ${local._usual_hour} and ${local._an_hour} > ${local._rarely}"
      duration            = "0s"
      evaluation_interval = "300s"
    }
  }
  documentation {
    content = "A launch, or somebody who sends for the sake of the bill? The chart of requests by key shows whose key it is. `limits.quota_per_minute` bounds what can be sent, `alerts.times_usual` is what is unusual."
  }
}
