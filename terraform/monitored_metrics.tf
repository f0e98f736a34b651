# What alerts and dashboard look at: Cloud Monitoring filters, by meaning.
locals {
  _service   = "resource.type=\"cloud_run_revision\" AND resource.labels.service_name=\"%s\" AND metric.type=\"run.googleapis.com/%s\""
  _ingest    = google_cloudfunctions2_function.ingest.name
  _load      = google_cloudfunctions2_function.load.name
  _reconcile = google_cloudfunctions2_function.reconcile.name

  _subscription = "resource.type=\"pubsub_subscription\" AND resource.labels.subscription_id=%s AND metric.type=\"pubsub.googleapis.com/subscription/%s\""
  _undelivered  = "\"${google_pubsub_subscription.undelivered.name}\""
  # Eventarc names its subscription eventarc-REGION-TRIGGER-sub-NUMBER.
  _delivery = "has_substring(\"-${basename(
    google_cloudfunctions2_function.load.event_trigger[0].trigger
  )}-sub-\")"

  _logged = "resource.type=\"cloud_run_revision\" AND metric.type=\"logging.googleapis.com/user/%s\""
  _logged_events = {
    for name, events in {
      defects    = ["event_malformed", "request_failed", "write_corrupt"]
      reconciled = ["objects_reconciled"]
      stored     = ["batch_stored"]
      unfinished = ["reconcile_unfinished"]
      unloadable = ["not_loadable"]
      } : name => format(
      "${local._logged} AND metric.labels.event=one_of(\"%s\")",
      google_logging_metric.events.name, join("\",\"", events),
    )
  }

  _bucket  = "resource.type=\"gcs_bucket\" AND resource.labels.bucket_name=\"${google_storage_bucket.events.name}\" AND metric.type=\"storage.googleapis.com/%s\""
  _dataset = "resource.type=\"bigquery_dataset\" AND resource.labels.dataset_id=\"${google_bigquery_dataset.events.dataset_id}\" AND metric.type=\"bigquery.googleapis.com/storage/%s\""
  _gateway = "resource.type=\"apigateway.googleapis.com/Gateway\" AND resource.labels.gateway_id=\"${google_api_gateway_gateway.events.gateway_id}\" AND metric.type=\"apigateway.googleapis.com/proxy/%s\""
  # The API as its consumers call it: by the id of the key, which is nowhere else.
  _api = "resource.type=\"consumed_api\" AND resource.labels.service=\"${google_api_gateway_api.events.managed_service}\" AND metric.type=\"serviceruntime.googleapis.com/api/request_count\""

  _metrics = {
    backlog_age         = format(local._subscription, local._delivery, "oldest_unacked_message_age")
    dead_letters        = format(local._logged, google_logging_metric.dead_letters.name)
    defects             = local._logged_events.defects
    failed_calls        = "resource.type=\"cloud_scheduler_job\" AND metric.type=\"logging.googleapis.com/user/${google_logging_metric.failed_calls.name}\""
    gateway_requests    = format(local._gateway, "request_count")
    ingest_errors       = "${format(local._service, local._ingest, "request_count")} AND metric.labels.response_code_class=\"5xx\""
    ingest_full         = format(local._service, local._ingest, "container/instance_count")
    ingest_instances    = format(local._service, local._ingest, "container/billable_instance_time")
    ingest_latency      = format(local._service, local._ingest, "request_latencies")
    ingest_requests     = format(local._service, local._ingest, "request_count")
    key_requests        = local._api
    load_errors         = "${format(local._service, local._load, "request_count")} AND metric.labels.response_code_class=\"5xx\""
    load_full           = format(local._service, local._load, "container/instance_count")
    load_instances      = format(local._service, local._load, "container/billable_instance_time")
    load_lag            = format(local._logged, google_logging_metric.load_lag.name)
    load_latency        = format(local._service, local._load, "request_latencies")
    loaded_rows         = format(local._dataset, "uploaded_row_count")
    objects_stored      = local._logged_events.stored
    oldest_unloaded     = format(local._logged, google_logging_metric.oldest_unloaded.name)
    over_quota          = "${local._api} AND metric.labels.response_code=\"429\""
    overloaded          = "${format(local._service, local._ingest, "request_count")} AND metric.labels.response_code=\"429\""
    receipt_errors      = "resource.type=\"logging_sink\" AND resource.labels.name=\"${google_logging_project_sink.receipts.name}\" AND metric.type=\"logging.googleapis.com/exports/error_count\""
    received_bytes      = format(local._bucket, "network/received_bytes_count")
    reconcile_instances = format(local._service, local._reconcile, "container/billable_instance_time")
    reconciled          = local._logged_events.reconciled
    repairs             = format(local._logged, google_logging_metric.repairs.name)
    storage_bytes       = format(local._bucket, "storage/total_bytes")
    storage_calls       = format(local._bucket, "api/request_count")
    undelivered         = format(local._subscription, local._undelivered, "num_undelivered_messages")
    unfinished          = local._logged_events.unfinished
    unloadable          = local._logged_events.unloadable
    waiting             = format(local._subscription, local._delivery, "num_undelivered_messages")
  }
}
